# SPDX-License-Identifier: Apache-2.0
caus_add_fuzz(gram ${CMAKE_CURRENT_LIST_DIR}/gram.c)
target_link_libraries(fuzz_gram PRIVATE OpenSSL::Crypto)
