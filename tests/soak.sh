#!/bin/bash
# Everything that takes long, called by "make soak": the whole of the tests with their long loops (kills,
# faults, sessions, safe order, hostile peers, fuzzing, simulation, the unit tests under ASan and UBSan,
# fifty sessions under TSan), then what drives the whole program, once more against a host built with
# ASan and UBSan. Each test has an end of its own; together some two hours on two idle cores.
set -u
cd "$(dirname "$0")/.." || exit 2
rc=0
SOAK=1 tests/run.sh build/plain || rc=1
make --no-print-directory -j2 VARIANT=asan build tools || exit 1
for t in 'golden/*' 'shell/*' 'display/*' 'crash/hostile*' 'crash/order*' 'interop/conformance*'; do
    TESTS=$t tests/run.sh build/asan || rc=1
done
exit $rc
