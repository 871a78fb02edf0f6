internal import CKeyturnPusher
internal import JSON

/// A service where all is well.
enum PushChecks {
    static let all = [
        ConformanceCheck("push", "push writes the pair, ends as KT_OK with evidence, and says so in one line.") {
            bench throws(Stop) in
            let world = try bench.healthyWorld()
            let instance = try bench.open()
            let ending = try bench.mustPush(instance, KeyPair(), to: try bench.target(), world, "push")
            bench.judge(ending, "push")
            if ending.acceptedWrites == 0 && bench.subject.asksServices {
                bench.fail("push ended as \(ending.described), and the service accepted no write")
            }
            guard let report = ending.report else {
                throw Stop("push reported nothing: kt_call.report gives the evidence", .warn)
            }
            judgeEvidence(bench, report.evidence)
            judgeMessage(bench, "push", report)
            instance.close()
        },
        ConformanceCheck("push-again", "The same pair again does no harm, and a new pair is written.") {
            bench throws(Stop) in
            let world = try bench.healthyWorld()
            let instance = try bench.open()
            let target = try bench.target()
            _ = try bench.mustPush(instance, KeyPair(1), to: target, world, "the first push")
            let again = try bench.mustPush(instance, KeyPair(1), to: target, world, "the same push again")
            bench.judge(again, "the same push again")
            if again.outcome == KT_UNCHANGED && again.acceptedWrites > 0 {
                bench.warn("the same push again ended as KT_UNCHANGED, and wrote")
            }
            let next = try bench.mustPush(instance, KeyPair(2), to: target, world, "a push of a new pair")
            if next.outcome == KT_UNCHANGED { bench.fail("a push of a new pair ended as KT_UNCHANGED") }
            if next.acceptedWrites == 0 && bench.subject.asksServices {
                bench.fail("a push of a new pair ended as \(next.described), and wrote nothing")
            }
            instance.close()
        },
        ConformanceCheck("check", "check says what it saw, and writes nothing.") { bench throws(Stop) in
            let world = try bench.healthyWorld()
            let instance = try bench.open()
            bench.doing("check")
            let ending = instance.check(try bench.target(), world)
            bench.judge(ending, "check")
            if ending.outcome != KT_OK { bench.fail("check ended as \(ending.described)") }
            if let write = ending.requests.first(where: \.isWrite) {
                bench.fail("check sent \(write.method) \(quoted(write.path)), and is to write nothing")
            }
            if ending.requests.isEmpty && bench.subject.asksServices {
                bench.warn("check asked the service nothing, so it finds no mistake")
            }
            if let report = ending.report {
                judgeMessage(bench, "check", report)
            } else {
                bench.warn("check reported nothing")
            }
            instance.close()
        },
        ConformanceCheck("inspect", "inspect reports the key ID that the target holds, where it can be read.") {
            bench throws(Stop) in
            let world = try bench.healthyWorld()
            let instance = try bench.open()
            guard instance.library.inspect != nil else { return }
            let target = try bench.target()
            _ = try bench.mustPush(instance, KeyPair(7), to: target, world, "push")
            bench.doing("inspect")
            guard let ending = instance.inspect(target, world) else { return }
            bench.judge(ending, "inspect")
            // Whether a pusher can do it may be a matter of its configuration.
            if ending.outcome == KT_UNSUPPORTED { return }
            if ending.outcome != KT_OK { bench.fail("inspect after a push ended as \(ending.described)") }
            let found = ending.report?.keyID ?? ""
            // Where the service shows no more, the end of it.
            let isEnd = found.utf8.count >= 5 && found.first == "*" && KeyPair(7).id.hasSuffix(found.dropFirst())
            if !found.isEmpty && !isEnd && found != KeyPair(7).id {
                bench.fail("inspect reported the key ID \(quoted(found)), which was not pushed")
            }
            if let write = ending.requests.first(where: \.isWrite) { bench.fail("inspect sent \(write.method)") }
            instance.close()
        },
        ConformanceCheck("every-target", "Every target of conformance.json can be checked and pushed to.") {
            bench throws(Stop) in
            let world = try bench.healthyWorld()
            let instance = try bench.open()
            for (number, target) in bench.subject.targets.enumerated() {
                bench.doing("check of targets[\(number)]")
                let ending = instance.check(Target(target), world)
                if ending.outcome != KT_OK { bench.fail("check of targets[\(number)] ended as \(ending.described)") }
                _ = try bench.mustPush(instance, KeyPair(), to: Target(target), world, "push to targets[\(number)]")
            }
            instance.close()
        },
        ConformanceCheck("concurrent-pushes", "Pushes to different targets can be made at the same time.") {
            bench throws(Stop) in
            _ = try bench.healthyWorld()
            guard bench.subject.manifest["threads"]?.string != "one" else { return }
            let instance = try bench.open()
            let targets = bench.subject.targets
            if targets.count < 2 { bench.warn("conformance.json has one target only: pushes to several are not tried") }
            let rules = bench.subject.rules
            bench.doing("pushes on 8 threads")
            let endings = onThreads(8) { thread in
                let target = Target(targets[thread % targets.count])
                return (0..<10).map { instance.push(KeyPair(thread * 10 + $0), to: target, World(rules)) }
            }
            for ending in endings.flatMap({ $0 }) {
                bench.judge(ending, "one of several pushes")
                if !ending.isOK { bench.fail("one of several pushes at a time ended as \(ending.described)") }
            }
            instance.close()
        },
    ]

    /// In use what no push can say makes the delivery unknown.
    private static func judgeEvidence(_ bench: Bench, _ evidence: kt_evidence) {
        switch evidence {
        case KT_EVIDENCE_NONE: bench.warn("push reported no evidence")
        case KT_EVIDENCE_READ_BACK, KT_EVIDENCE_TIMESTAMP, KT_EVIDENCE_ACKNOWLEDGED, KT_EVIDENCE_LAST_FOUR,
            KT_EVIDENCE_VERSION:
            break
        case KT_EVIDENCE_USED:
            bench.fail("push reported KT_EVIDENCE_USED, which is reserved for proofs from outside")
        default: bench.fail("push reported the evidence \(evidence), which does not exist")
        }
    }

    static func judgeMessage(_ bench: Bench, _ what: String, _ report: HostCall.Report) {
        if report.message.isEmpty { bench.warn("\(what) reported no message for the operator") }
        if report.message.contains(where: \.isNewline) { bench.warn("the message of \(what) is more than one line") }
        if report.message.utf8.count > KT_MAX_MESSAGE {
            bench.warn("the message of \(what) has more than \(KT_MAX_MESSAGE) bytes, and is cut")
        }
    }
}
