# SPDX-License-Identifier: Apache-2.0
"""What the services of a railway's ticket system do, and what users ask of them.

Modelled after the architecture of the public Train Ticket benchmark as we know it:
services that search, book, pay and change, most with a store of their own. ticketing.py
runs requests through them.
"""
import collections
import re

# What an operation does, step by step: w6 works 6 ms, d3 asks its store for 3 ms, x25
# somebody outside; 2{ } repeats. Calls: *2 twice, ?.5 in half of the requests; with ~
# they may fail, and nobody waits for those with ^.
OPERATIONS = """
auth.login: w6 verifier.verify d3 w3
verifier.gen: w4
verifier.verify: w1
users.get: w1.5 d2
users.all: w3 d6
stations.id: w.8 d1.2
stations.list: w1.5 d3
trains.get: w.8 d1.1
trains.all: w1.2 d2
routes.get: w1 d1.5
routes.all: w2 d5
prices.get: w.8 d1.2
prices.all: w1.5 d3
config.get: w.6 d1
base-data.station: w1 stations.id
base-data.travel: w2 stations.id*2 trains.get routes.get prices.get w1
timetable.station: w.8 base-data.station
timetable.travel: w1.2 base-data.travel
seats.left: w1.5 orders.sold config.get w1
seats.leftregional: w1.5 orders-regional.sold config.get w1
seats.assign: w2 orders.sold config.get w2
seats.assignregional: w2 orders-regional.sold config.get w2
trips.query: w4 timetable.station*2 d4 \
2{ routes.get timetable.travel trains.get seats.left*2 } w5
trips.detail: w3 d2 routes.get timetable.travel seats.left*2 w2
trips.trip: w1 d1.5 routes.get
trips.all: w4 d6 routes.get trains.get
trips-to-regions.query: w4 timetable.station*2 d4 \
2{ routes.get timetable.travel trains.get seats.leftregional*2 } w5
trips-to-regions.detail: w3 d2 routes.get timetable.travel seats.leftregional*2 w2
trips-to-regions.all: w4 d6 routes.get trains.get
orders.sold: w2 d4
orders.query: w3 d5 stations.id*2
orders.create: w3 d2 d3
orders.get: w1 d1.5
orders.modify: w1.5 d2 d2
orders.security: w2 d4
orders.all: w5 d12
orders-regional.sold: w2 d4
orders-regional.query: w3 d5 stations.id*2
orders-regional.create: w3 d2 d3
orders-regional.get: w1 d1.5
orders-regional.modify: w1.5 d2 d2
orders-regional.security: w2 d4
orders-regional.all: w5 d12
security.check: w2 d2 orders.security orders-regional.security
contacts.list: w1.5 d2
contacts.get: w1 d1.3
contacts.all: w2 d5
assurance.types: w.8
assurance.create: w1.2 d2
food.query: w3 food-along.byroute trips.trip stations.id*2 w2
food.create: w1 d2
food-along.byroute: w2 d4
consignment.create: w2 consignment-price.get d2
consignment.query: w1 d2
consignment-price.get: w.8 d1.2
notify.send: w3 x25
placing.book: w5 security.check contacts.get trips.detail timetable.travel seats.assign \
orders.create assurance.create?.5~ food.create?.5~ consignment.create?.3~ users.get \
notify.send^ w3
placing-regional.book: w5 security.check contacts.get trips-to-regions.detail \
timetable.travel seats.assignregional orders-regional.create assurance.create?.5~ \
food.create?.5~ consignment.create?.3~ users.get notify.send^ w3
ledger.pay: w3 orders.get d2 payments.pay d2 orders.modify
ledger.payregional: w3 orders-regional.get d2 payments.pay d2 orders-regional.modify
ledger.credit: w2 d3 d2
payments.pay: w2 d2 d2
cancel.refund: w1.5 orders.get w1
cancel.cancel: w3 orders.get orders.modify users.get ledger.credit notify.send^
rebook.rebook: w4 orders.get trips.detail seats.assign ledger.credit?.5 orders.modify w2
entry.collect: w1.5 orders.get orders.modify
entry.enter: w1.5 orders-regional.get orders-regional.modify
routes-search.cheapest: w4 trips.query trips-to-regions.query routes.get*2 w4
trips-plan.cheapest: w5 routes-search.cheapest 2{ timetable.travel seats.left } w3
admin-orders.list: w2 orders.all orders-regional.all
admin-basics.list: w2 contacts.all stations.list trains.all prices.all
admin-routes.list: w1.5 routes.all
admin-trips.list: w2 trips.all trips-to-regions.all
admin-users.list: w1.5 users.all
vouchers.get: w3 orders.get
news.get: w1
ticket-counter.list: w1 d2
delivery.idle: w1 d2
waiting-list.idle: w1 d2
avatar.idle: w1
"""
# What users ask for in a row, and how often one does.
FLOWS = [(weight, asked.split()) for weight, asked in (
    (3, "verifier.gen auth.login trips.query"),
    (3, "verifier.gen auth.login trips-to-regions.query"),
    (3, "trips.query contacts.list assurance.types food.query placing.book ledger.pay"),
    (2, "trips-to-regions.query contacts.list assurance.types food.query "
        "placing-regional.book ledger.payregional"),
    (3, "orders.query orders-regional.query"),
    (1.5, "orders.query cancel.refund cancel.cancel"),
    (1.5, "orders.query consignment.query consignment.create"),
    (1.2, "orders.query rebook.rebook"), (1.2, "entry.collect entry.enter"),
    (1., "trips-plan.cheapest"), (.5, "admin-orders.list"), (.5, "admin-basics.list"),
    (.4, "admin-routes.list"), (.4, "admin-trips.list"), (.3, "admin-users.list"),
    (.4, "vouchers.get"), (.3, "news.get"), (.2, "ticket-counter.list"))]

Call = collections.namedtuple("Call", "service operation chance how")


def read_operations():
    """The steps of each (service, operation): (letter, ms) or Call."""
    found = {}
    for line in OPERATIONS.strip().splitlines():
        name, body = line.split(": ")
        steps, outer, times = [], None, 1
        for word in body.split():
            if word.endswith("{"):
                outer, steps, times = steps, [], int(word[:-1])
            elif word == "}":
                steps = outer + steps * times
            elif re.fullmatch(r"[wdx][\d.]+", word):
                steps.append((word[0], float(word[1:])))
            else:
                part = re.fullmatch(r"([\w-]+)\.(\w+)(?:\*(\d+))?(?:\?(\.\d+))?([~^]?)", word)
                service, operation, count, chance, how = part.groups()
                call = Call(service, operation, float(chance or 1), how)
                steps += [call] * int(count or 1)
        found[tuple(name.split("."))] = steps
    return found


STEPS = read_operations()
SERVICES = sorted({service for service, _ in STEPS})
# Services that have a store, and those that ask it or others.
STORING = {service for (service, _), steps in STEPS.items() if any(s[0] == "d" for s in steps)}
ASKING = STORING | {service for (service, _), steps in STEPS.items()
                    if any(isinstance(s, Call) for s in steps)}


def count_visits():
    """How often a request of users comes to each operation."""
    found = {}

    def visit(service, operation, times):
        what = service, operation
        found[what] = found.get(what, 0) + times
        for step in STEPS[what]:
            if isinstance(step, Call):
                visit(step.service, step.operation, times * step.chance)
    total = sum(weight * len(asked) for weight, asked in FLOWS)
    for weight, asked in FLOWS:
        for target in asked:
            visit(*target.split("."), weight / total)
    return found


VISITS = count_visits()
