"""The engines themselves: ``python -m bench.peer_engines`` reads a plan and writes what each answered.

A process of its own, so that what they keep in memory is nobody else's.
"""

import json
import sys
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter_ns

import cedarpy
import msgspec
from casbin import FastEnforcer
from casbin.model import FastModel

from bench.peers import Answered, Plan

MODEL = """
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""
KEYS = [2, 1]
"""What the fast enforcer finds policies by: action, then object."""
POLICY = """
permit(principal, action == Action::"use", resource) when { principal in resource.holders };
"""


def answers(plan: Plan) -> Iterator[Answered]:
    """What each engine answers."""
    yield timed("pycasbin, fast enforcer", plan, _casbin(plan))
    yield timed("Cedar (cedarpy)", plan, _cedar(plan))


def timed(name: str, plan: Plan, may: Callable[[int, int], bool]) -> Answered:
    """Ask everything once."""
    took_ns, told = [], []
    for who, what in plan.asked:
        began = perf_counter_ns()
        answer = may(who, what)
        took_ns.append(perf_counter_ns() - began)
        told.append(answer)
    return Answered(name, median(took_ns) / 1000, told)


def _casbin(plan: Plan) -> Callable[[int, int], bool]:
    model = FastModel(KEYS)
    model.load_model_from_text(MODEL)
    enforcer = FastEnforcer(model, cache_key_order=KEYS)
    enforcer.add_named_grouping_policies("g", [[str(who), str(group)] for who, group in plan.joins])
    enforcer.add_policies([[str(who), str(what), "use"] for who, what in plan.grants])
    return lambda who, what: bool(enforcer.enforce(str(who), str(what), "use"))


def _cedar(plan: Plan) -> Callable[[int, int], bool]:
    """Cedar keeps no entities: those a question is about are handed to it, and were looked up beforehand."""
    parents: dict[int, list[int]] = {}
    for who, group in plan.joins:
        parents.setdefault(who, []).append(group)
    holders: dict[int, list[int]] = {}
    for who, what in plan.grants:
        holders.setdefault(what, []).append(who)

    def entities(who: int, what: int) -> str:
        met, waiting = {who}, [who]
        for key in waiting:
            waiting += [each for each in parents.get(key, ()) if each not in met]
            met.update(parents.get(key, ()))
        subjects = [
            _entity("User", key, [_uid("User", each) for each in parents.get(key, ())]) for key in met
        ]
        held = [{"__entity": _uid("User", each)} for each in holders.get(what, ())]
        return json.dumps([*subjects, _entity("Host", what, [], holders=held)])

    sliced = {(who, what): entities(who, what) for who, what in plan.asked}

    def may(who: int, what: int) -> bool:
        request = {
            "principal": f'User::"{who}"',
            "action": 'Action::"use"',
            "resource": f'Host::"{what}"',
            "context": {},
        }
        return bool(cedarpy.is_authorized(request, POLICY, sliced[who, what]).allowed)

    return may


def _uid(kind: str, key: int) -> dict[str, str]:
    return {"type": kind, "id": str(key)}


def _entity(kind: str, key: int, parents: list[dict[str, str]], **attributes: object) -> dict[str, object]:
    return {"uid": _uid(kind, key), "parents": parents, "attrs": attributes}


if __name__ == "__main__":
    given = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.msgpack.encode(list(answers(given))))
