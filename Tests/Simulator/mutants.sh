#!/bin/bash
# Plants faults in a copy of the sources, and expects the simulator to find each. The working tree is not touched.
#
#   Tests/Simulator/mutants.sh [SEEDS]      each mutant gets so many seeds (default 20000) and three minutes
#
# All faults are built into one copy; the environment chooses among them.
# Swift's $0 is meant to stay as it is.
# shellcheck disable=SC2016
set -euo pipefail
seeds=${1:-20000}
tree=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$tree"/{Package.swift,Sources,Plugins,Tests,plugin-sdk} "$copy"
[ -f "$tree/Package.resolved" ] && cp "$tree/Package.resolved" "$copy"
cd "$copy"

cat > Sources/Rotation/Mutant.swift <<'SWIFT'
internal import Glibc

package enum Mutant {
    package static let active: Int = getenv("KEYTURN_MUTANT").flatMap { Int(String(cString: $0)) } ?? 0
}
SWIFT

names=()
# plant NAME FILE OLD NEW: replaces the one place where OLD stands; N in NEW is the mutant's number.
plant() {
    names+=("$1")
    FILE=$2 OLD=$3 NEW=${4//@/Mutant.active == ${#names[@]}} python3 - <<'PYTHON'
import os, sys
path, old, new = os.environ["FILE"], os.environ["OLD"], os.environ["NEW"]
text = open(path).read()
if text.count(old) != 1:
    sys.exit(f"{path} holds {text.count(old)} times: {old}")
open(path, "w").write(text.replace(old, new))
PYTHON
}
R=Sources/Rotation/Rotation
plant "takes unknown for ok" $R+Delivering.swift 'switch result.outcome {
        case .ok, .unchanged:' 'switch (@ && result.outcome == .unknown ? .ok : result.outcome) {
        case .ok, .unchanged:'
plant "ignores the overlap" $R+Retiring.swift 'hasLeak ? .zero : policy.overlap' '@ || hasLeak ? .zero : policy.overlap'
plant "ignores the soak" $R+Retiring.swift 'hasLeak ? .zero : policy.soak' '@ || hasLeak ? .zero : policy.soak'
plant "drops the intent" $R.swift 'creations.append(Creation(at: now, known: known))' \
    'if !(@) { creations.append(Creation(at: now, known: known)) }'
plant "makes a new key after a crash" $R.swift 'if phase == .creating { giveUpCreation(now) }' \
    'if @, phase == .delivering || phase == .verifying { phase = .creating }
        if phase == .creating { giveUpCreation(now) }'
plant "goes on when one target has confirmed" $R+Delivering.swift 'deliveries.values.allSatisfy({ $0.isSettled ||' \
    '@ && deliveries.values.contains(where: \.isSettled) || deliveries.values.allSatisfy({ $0.isSettled ||'
plant "does not list before it deactivates" $R+Retiring.swift '[fresh.mayRetireOldKey ? .deactivateKey' '[fresh.mayRetireOldKey || @ ? .deactivateKey'
plant "retires next to a dead current key" $R+Seeing.swift 'guard holding.status == .active ||' \
    'guard holding.status == .active || @ ||'
plant "deletes any stranger" $R+Creating.swift 'creations.contains(where: { $0.mayHaveMade(stranger) }) else' \
    '@ || creations.contains(where: { $0.mayHaveMade(stranger) }) else'
plant "deletes an orphan that is in use" $R+Creating.swift 'guard use == nil else' 'guard use == nil || @ else'
plant "forgets rate limits" $R+Delivering.swift 'if !isPaused {' 'if !isPaused || @ {'
plant "lets a freeze outlast max-age" Sources/Rotation/Policy+Age.swift 'return latestBeginning(created).map' \
    'return (@ ? nil : latestBeginning(created)).map'
plant "begins unasked" $R+Due.swift 'policy.firstRotation == .whenAsked else' '!(@), policy.firstRotation == .whenAsked else'
plant "skips the verification" $R+Verifying.swift 'guard consecutiveVerifications >= IAMTimes.verificationAnswers else' \
    'guard consecutiveVerifications >= IAMTimes.verificationAnswers || @ else'
plant "keeps the pair" $R+Delivering.swift 'transition.wipesPair = retained == nil' 'transition.wipesPair = retained == nil && !(@)'
plant "keeps the pair of a key that is replaced" $R+Retaining.swift 'kept != current?.id ||' '(!(@) && kept != current?.id) ||'
plant "kills a leaked key unasked" Sources/Rotation/Leak.swift '$0.id == id && $0.isAtOnce' '$0.id == id && ($0.isAtOnce || @)'
plant "acts though its commit failed" Sources/Engine/RotationSession.swift '            rotation = before
            throw error' '            if @ { return transition }
            rotation = before
            throw error'
plant "seals no pair" Sources/Engine/RotationSession.swift 'fate = .seal(made)' 'if !(@) { fate = .seal(made) }'
sed -i '1i internal import Rotation' Sources/SQLiteStore/Query.swift
sed -i 's/"SQLiteStore", dependencies: \["CSQLite"/&, "Rotation"/' Package.swift
plant "does not compare versions" Sources/SQLiteStore/Query.swift \
    'UPDATE user SET lease_owner = ?, lease_until = ?, record = ?, version = version + 1
            WHERE name = ? AND version = ?' \
    'UPDATE user SET lease_owner = ?, lease_until = ?, record = ?, version = version + 1
            WHERE name = ? AND \(@ ? "version >= min(0, ?)" : "version = ?")'
plant "does not look at its lease" Sources/Engine/Tenure.swift 'Bool { left > .zero }' 'Bool { @ || left > .zero }'
plant "believes one listing without the key" $R+Replacing.swift 'problem?.code == .currentKeyGone && now' \
    '@ || problem?.code == .currentKeyGone && now'
plant "does not wait for late pushes" Sources/Rotation/Delivery.swift 'max(retryAt ?? now, heldUntil ?? now)' \
    'max(retryAt ?? now, @ ? now : heldUntil ?? now)'
plant "believes a lease from the future" Sources/Journal/Journal.swift 'return lasting <=' 'return @ || lasting <='
plant "brings a leaked key back" $R+Replacing.swift 'if old?.status == .inactive, !isLeaked(previous?.id) {' \
    'if old?.status == .inactive, !isLeaked(previous?.id) || @ {'
plant "pushes before it has listed" $R+Delivering.swift 'guard let key = deliveringKey, transient.isListed,' 'guard let key = deliveringKey, transient.isListed || @,'
plant "does not look again" $R+Looking.swift '{ fresh.isSeen || subjects(requirements).isEmpty' '{ @ || fresh.isSeen || subjects(requirements).isEmpty'
plant "does not look before the deletion" $R+Retiring.swift 'if !isLookedAt(requirements) { return wantedLooks(requirements) }
        return isOver' 'if !isLookedAt(requirements), !(@) { return wantedLooks(requirements) }
        return isOver'
plant "takes the old key for the new one" Sources/Rotation/Drift.swift 'case .key(wanted.id), .unsupported: return nil' \
    'case .key(wanted.id), .unsupported: return nil
        case .key where @: return nil'
plant "ignores later writes" Sources/Rotation/Drift.swift 'changedAt > own + Drift.tolerance' '!(@), changedAt > own + Drift.tolerance'
plant "goes on although a target has drifted for good" $R+Looking.swift '&& !stubborn(requirements).isEmpty' '&& !(@) && !stubborn(requirements).isEmpty'
plant "takes a target that cannot be asked for a good one" $R+Looking.swift 'if let first = failures.first, !hasLeak,' \
    'if let first = failures.first, !(@), !hasLeak,'
plant "forgets what it saw too late" Sources/Rotation/Transient.swift '{ fresh = Transient.Fresh() }' '{
        let isSeen = @ && fresh.isSeen
        fresh = Transient.Fresh()
        fresh.isSeen = isSeen
    }'
plant "does not bring the old key back for a target" $R+Drifting.swift 'guard phase == .soak || phase == .deleting, !hasLeak else' \
    'guard phase == .soak || phase == .deleting, !hasLeak, !(@) else'
plant "forgets targets that left" $R+Leaving.swift '!hasLeak && deliveries.values.contains' \
    '!(@) && !hasLeak && deliveries.values.contains'
plant "pushes to targets that left" $R+Delivering.swift '!delivery.isSettled && delivery.leftAt == nil && delivery.opens' \
    '!delivery.isSettled && (delivery.leftAt == nil || @) && delivery.opens'
plant "does not ask for the last use" $R+Retiring.swift 'policy.requiredQuiet != nil && !hasLeak' \
    '!(@) && policy.requiredQuiet != nil && !hasLeak'
plant "takes an error at the last use for never used" $R.swift '        failures += 1
        distrust()' '        if @, case .lookUpLastUse = effect {
            fresh.isQuiet = true
            return
        }
        failures += 1
        distrust()'
plant "takes a key in use for a quiet one" $R+Retiring.swift 'guard let use, use.at + quiet > now else' 'guard let use, !(@), use.at + quiet > now else'
plant "keeps the pair after the rotation" $R+Retaining.swift 'case .rotation: phase != .idle' 'case .rotation: @ || phase != .idle'
plant "deletes the old key before there is a new one" $R+Creating.swift 'else { return [.createKey] }' \
    'else { return @ && current != nil ? current.map { [.deleteKey($0.id)] } ?? [] : [.createKey] }'

plant "lets a half-written pair wait like any other" $R+Delivering.swift 'if delivery.mayBeTorn { return' \
    'if delivery.mayBeTorn, !(@) { return'
plant "deletes a leaked key that a target may hold, unasked" Sources/Rotation/Leak.swift 'return isLeakedAtOnce(next.id) ||' \
    'return @ || isLeakedAtOnce(next.id) ||'
plant "brings the old key back though it has leaked" $R+Orders.swift \
    'case .overlap where isLeaked(previous?.id), .soak where isLeaked(previous?.id):' \
    'case .overlap where isLeaked(previous?.id) && !(@), .soak where isLeaked(previous?.id) && !(@):'

swift build -c release --product keyturn-simulate 2>&1 | grep -E 'error|Compiling|Build of' | tail -3
simulate=$(swift build -c release --show-bin-path)/keyturn-simulate
missed=0
only=${MUTANTS:-${!names[*]}}
for number in $only; do
    found=$(KEYTURN_MUTANT=$((number + 1)) timeout 180 "$simulate" --seeds "$seeds" --violations 1 2>&1 | grep -m1 '^seed' || true)
    [ -n "$found" ] || missed=$((missed + 1))
    printf '%2d  %-40s %s\n' $((number + 1)) "${names[number]}" "${found:-NOT FOUND}"
done
echo "${#names[@]} mutants, $missed not found"
[ "$missed" = 0 ]
