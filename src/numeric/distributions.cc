/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only C++ of the domain. Compiled without exceptions and RTTI, and linked
 * by the C compiler: nothing here may need the C++ run-time library.
 */
#include "numeric/distributions.h"

/*
 * One Boost header includes <iostream> without a use for it, and that alone
 * would construct the standard streams at load time and link the C++ library.
 * This is the guard of libstdc++'s <iostream>; elsewhere it does nothing.
 */
#define _GLIBCXX_IOSTREAM 1 /* NOLINT(bugprone-reserved-identifier,cert-*) */

#include <boost/math/constants/constants.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>

namespace
{

using namespace boost::math::policies;

/*
 * Errors return NaN or infinity and touch nothing. No promotion: the functions
 * for reported values are evaluated in long double from the argument on, since
 * df / (df + t²) rounded to double already costs df / 2 units in the last
 * place of the tail.
 */
using quiet =
    policy<domain_error<ignore_error>, pole_error<ignore_error>,
           overflow_error<ignore_error>, underflow_error<ignore_error>,
           denorm_error<ignore_error>, evaluation_error<ignore_error>,
           rounding_error<ignore_error>,
           indeterminate_result_error<ignore_error>, promote_double<false>>;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

template <class Real> double student_t_sf(double t, double df)
{
    if (std::isnan(t) || !(df > 0))
        return not_a_number;
    if (std::isinf(t))
        return t < 0 ? 1 : 0;
    if (std::isinf(df))
        return caus_normal_sf(t);
    if (df == 1) /* Boost loses digits here for small |t| */
        return static_cast<double>(std::atan2(Real(1), Real(t)) /
                                   boost::math::constants::pi<Real>());
    boost::math::students_t_distribution<Real, quiet> student(
        static_cast<Real>(df));
    Real result = cdf(complement(student, static_cast<Real>(t)));
    return static_cast<double>(result);
}

} // namespace

double caus_student_t_sf(double t, double df)
{
    return student_t_sf<long double>(t, df);
}

double caus_student_t_sf_fast(double t, double df)
{
    return student_t_sf<double>(t, df);
}

double caus_student_t_quantile_sf(double p, double df)
{
    if (!(p >= 0 && p <= 1) || !(df > 0))
        return not_a_number;
    if (p == 0 || p == 1)
        return p == 0 ? infinity : -infinity;
    if (std::isinf(df))
        return -caus_normal_quantile(p);
    boost::math::students_t_distribution<long double, quiet> student(
        static_cast<long double>(df));
    long double result =
        quantile(complement(student, static_cast<long double>(p)));
    return static_cast<double>(result);
}

double caus_chi_squared_sf(double x, double df)
{
    if (!(x >= 0) || !(df > 0))
        return not_a_number;
    if (std::isinf(x) || std::isinf(df))
        return std::isinf(df) ? 1 : 0;
    long double half = static_cast<long double>(df) / 2;
    return static_cast<double>(
        boost::math::gamma_q(half, static_cast<long double>(x) / 2, quiet()));
}

double caus_chi_squared_quantile_sf(double p, double df)
{
    if (!(p >= 0 && p <= 1) || !(df > 0))
        return not_a_number;
    if (p == 0 || p == 1)
        return p == 0 ? infinity : 0;
    long double half = static_cast<long double>(df) / 2;
    return static_cast<double>(
        2 *
        boost::math::gamma_q_inv(half, static_cast<long double>(p), quiet()));
}

double caus_log_gamma(double x)
{
    if (!(x > 0))
        return not_a_number;
    return boost::math::lgamma(x, quiet());
}

double caus_normal_cdf(double z)
{
    return caus_normal_sf(-z);
}

double caus_normal_sf(double z)
{
    if (std::isnan(z))
        return not_a_number;
    long double scaled =
        static_cast<long double>(z) * 0.70710678118654752440084436210485L;
    return static_cast<double>(boost::math::erfc(scaled, quiet()) / 2);
}

double caus_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1))
        return not_a_number;
    if (p == 0 || p == 1)
        return p == 0 ? -infinity : infinity;
    long double scaled =
        boost::math::erfc_inv(2 * static_cast<long double>(p), quiet());
    return static_cast<double>(-1.4142135623730950488016887242097L * scaled);
}

double caus_fisher_f_sf(double x, double df, double other_df)
{
    if (!(x >= 0) || !(df > 0) || !(other_df > 0))
        return not_a_number;
    if (std::isinf(x))
        return 0;
    boost::math::fisher_f_distribution<long double, quiet> fisher(
        static_cast<long double>(df), static_cast<long double>(other_df));
    return static_cast<double>(
        cdf(complement(fisher, static_cast<long double>(x))));
}
