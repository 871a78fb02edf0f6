internal import Rotation

/// The end of a world: faults stop, and the rotation must find its way home, or say to a person why not.
extension Simulation {
    /// Steps that the way home may take.
    private static let patience = 600

    mutating func comeHome() async {
        note("fair weather from here")
        weather = .calm
        isAtEnd = true
        book.clockJumped(by: .zero - skew)
        skew = .zero
        // By then every lease is over, whatever the clock has shown.
        pass(to: clock + .seconds(121))
        for _ in 0..<9 {
            guard await settle() else { return }
            guard let problem = rotation?.problem, problem.needsPerson else { return checkHome() }
            note("a person is needed: \(problem.message)")
            guard resolve(problem) else { return }
        }
        violate("(f) a person's help does not help: \(rotation?.problem?.code.rawValue ?? "")")
    }

    /// Lets the world go on until nothing is to be done, or the same problem was found thrice; false: a violation.
    private mutating func settle() async -> Bool {
        var held = 0
        for _ in 0..<Self.patience {
            guard violation == nil else { return false }
            if processes.isEmpty, strays.isEmpty, requests.isEmpty, let rotation, isAtRest(rotation) { return true }
            held = rotation?.problem?.needsPerson == true ? held + 1 : 0
            if held > 40, processes.isEmpty { return true }
            if processes.isEmpty { await goOn() } else { await step() }
        }
        violate("(f) it neither ends nor asks for help in \(rotation.map { "\($0.phase)" } ?? "")")
        return false
    }

    /// Takes the user up when something is due, without beginning another rotation.
    private mutating func goOn() async {
        events += 1
        if let rotation = journal.committed { pass(to: rotation.nextWork(at: clock, policy: policy)) }
        pass(to: strays.map(\.at).max() ?? now)
        await open(as: owner())
    }

    private func isAtRest(_ rotation: Rotation) -> Bool {
        rotation.phase == .idle && rotation.problem == nil && !rotation.isUnobserved
            && rotation.nextWork(at: clock, policy: policy) > clock
    }

    /// Does what the problem's sentence says; false: there is nothing to do.
    private mutating func resolve(_ problem: Problem) -> Bool {
        guard let rotation else { return false }
        switch problem.code {
        case .unaccountedKey: return resolveStranger(rotation)
        case .currentKeyUnusable:
            guard let key = rotation.next ?? rotation.current else { return true }
            iam.setStatus(.active, of: key.id, at: now)
            book.broken.remove(key.id)
        case .rolledBack, .creationFails: ask(.retry)
        case .drifted: resolveDrift(rotation)
        case .targetLeft: resolveLeft(rotation)
        default: violate("(f) blocked for no reason: \(problem.message)")
        }
        return true
    }

    /// It is put back, or let go.
    private mutating func resolveLeft(_ rotation: Rotation) {
        for name in rotation.leftTargets {
            guard random.chance(500), let index = targets.firstIndex(where: { $0.name == name }) else {
                ask(.forget(name, reason: "archived"))
                continue
            }
            targets[index].isConfigured = true
            configured = nil
        }
    }

    /// Whoever wrote the old value has stopped. Where keyturn has no pair any more, a person puts it there by hand.
    private mutating func resolveDrift(_ rotation: Rotation) {
        if rotation.retained == rotation.current?.id { return ask(.retry) }
        for index in targets.indices where rotation.deliveries[targets[index].name]?.drift != nil {
            // Where only a time is seen, no hand makes the service take a write back.
            if targets[index].visibility == .readable { targets[index].held = rotation.current?.id }
            ask(.skip(targets[index].name, reason: "fixed by hand"))
            targets[index].foreignSince = nil
        }
    }

    /// The old key is in use somewhere that keyturn did not write, or may be: an operator leaves those targets out.
    private mutating func leaveOut(_ rotation: Rotation) -> Bool {
        for index in targets.indices where targets[index].isConfigured {
            let holdsOldKey = targets[index].held == rotation.previous?.id
            guard holdsOldKey || rotation.deliveries[targets[index].name] == nil else { continue }
            if holdsOldKey { targets[index].isProtected = false }
            ask(.skip(targets[index].name, reason: "it waits for the next rotation"))
        }
        return true
    }

    private mutating func resolveStranger(_ rotation: Rotation) -> Bool {
        let known = [rotation.current, rotation.next, rotation.previous].compactMap { $0?.id }
        let strangers = iam.keys.map(\.id).filter { !known.contains($0) }
        // Once the old key goes, a target that came late and cannot be read has the same code.
        if rotation.phase == .overlap || rotation.phase == .soak && strangers.isEmpty { return leaveOut(rotation) }
        if let used = strangers.first(where: { id in targets.contains { $0.held == id && $0.isProtected } }) {
            keep(used)
        } else {
            for id in strangers {
                note("a person deletes \(id)")
                iam.delete(id, at: now)
            }
        }
        return true
    }

    /// At home, the key is where it belongs.
    private mutating func checkHome() {
        guard let rotation, violation == nil else { return }
        if let current = rotation.current?.id, !iam.isActive(current), !book.broken.contains(current) {
            violate("(f) at home, and \(current) is dead")
        }
        for target in targets where target.isConfigured && target.isProtected {
            guard let held = target.held, held != rotation.current?.id, !book.broken.contains(held) else { continue }
            violate("(f) at home, and \(target.name) holds \(held)")
        }
    }
}
