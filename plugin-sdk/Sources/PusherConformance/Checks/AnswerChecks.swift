internal import CKeyturnPusher

/// A service that does not say yes: no call may end as if it had.
enum AnswerChecks {
    static let all: [ConformanceCheck] = statuses + transport + vague + [anyRequest, oneWriteIgnored]

    private static let statuses = [
        check("answers-400", .status(400, [KT_INVALID_CONFIG, KT_CONFLICT, KT_RETRYABLE])),
        check("answers-401", .status(401, [KT_UNAUTHORIZED])),
        check("answers-403", .forbidden),
        check("answers-404", .status(404, [KT_NOT_FOUND, KT_UNAUTHORIZED, KT_INVALID_CONFIG])),
        check("answers-409", .status(409, [KT_CONFLICT, KT_RETRYABLE])),
        check("answers-422", .status(422, [KT_INVALID_CONFIG, KT_CONFLICT])),
        check("answers-429", .status(429, [KT_RATE_LIMITED], headers: [("retry-after", "7")]), waits: 7_000),
        check("answers-429-without-time", .status(429, [KT_RATE_LIMITED])),
        check("answers-500", .serverError),
        check("answers-502", .status(502, Fault.passing)),
        check("answers-503", .status(503, Fault.passing, headers: [("retry-after", "5")])),
        check(
            "answers-301",
            .status(
                301, [KT_INVALID_CONFIG, KT_NOT_FOUND, KT_RETRYABLE],
                headers: [("location", "https://elsewhere.conformance.invalid/")])),
        check("answers-unknown", .status(799, Fault.notUnderstood)),
    ]

    private static let transport = [
        check("lost", .lost),
        check("timed-out", .transport(KT_HTTP_TIMED_OUT, "no answer in time", [KT_TIMED_OUT, KT_RETRYABLE])),
        check("unreachable", .transport(KT_HTTP_UNREACHABLE, "no connection", [KT_RETRYABLE])),
        check(
            "refused",
            .transport(
                KT_HTTP_REFUSED, "the host does not send it", [KT_INVALID_CONFIG, KT_UNSUPPORTED, KT_UNAUTHORIZED])),
        check(
            "too-large",
            .transport(KT_HTTP_TOO_LARGE, "the answer is too large", [KT_RETRYABLE, KT_INVALID_CONFIG, KT_INTERNAL])),
        check(
            "untrusted",
            .transport(KT_HTTP_TLS, "the certificate cannot be trusted", [KT_RETRYABLE, KT_INVALID_CONFIG])),
        check("unknown-error", .transport(99, "an error of a later version", [KT_RETRYABLE, KT_INTERNAL])),
    ]

    private static let vague = [
        check("garbage", .garbage), check("empty-body", .empty), check("cut-body", .cut),
        check("strange-body", .strange),
    ]

    /// Every request of check, push and inspect is answered with one fault.
    private static func check(_ name: String, _ fault: Fault, waits: Int64? = nil) -> ConformanceCheck {
        ConformanceCheck(
            name, "Every request gets this: \(fault.name). No call says yes, and the reason is the fitting one."
        ) {
            bench throws(Stop) in
            guard bench.subject.asksServices else { return }
            let instance = try bench.open()
            let target = try bench.target()
            let world = World(nil, fault: fault)
            bench.doing("push, with every request answered: \(fault.name)")
            judge(bench, "push", instance.push(KeyPair(), to: target, world), fault, waits)
            bench.doing("check, with every request answered: \(fault.name)")
            let ending = instance.check(target, world)
            // Asking nothing is reported by the check `check`.
            if !ending.requests.isEmpty { judge(bench, "check", ending, fault, nil) }
            bench.doing("inspect, with every request answered: \(fault.name)")
            if let ending = instance.inspect(target, world), !ending.requests.isEmpty {
                judge(bench, "inspect", ending, fault, nil)
            }
            instance.close()
        }
    }

    private static func judge(_ bench: Bench, _ what: String, _ ending: Ending, _ fault: Fault, _ waits: Int64?) {
        bench.judge(ending, what)
        let sent = fault.sent ?? fault.name
        guard !ending.isOK else {
            if ending.requests.isEmpty {
                bench.fail("\(what) ended as \(ending.described) without asking the service")
            } else if fault.isVagueYes && what != "push" {
                bench.warn("\(what) ended as \(ending.described), though the answer was: \(sent)")
            } else if fault.isVagueYes && ending.requests.allSatisfy({ $0.isWrite }) && !confirmsInBodies(bench) {
                // A service that answers writes without a body confirms with the status alone.
                return
            } else {
                bench.fail("\(what) ended as \(ending.described), though every answer was: \(sent)")
            }
            return
        }
        if !fault.expected.contains(ending.outcome) {
            let names = fault.expected.sorted().map { outcomeName($0) }.joined(separator: " or ")
            bench.warn("\(what) ended as \(ending.described); \(names) is usual for the answer: \(sent)")
        }
        if let report = ending.report {
            PushChecks.judgeMessage(bench, what, report)
        } else {
            bench.warn("\(what) failed without a report: the operator gets no reason")
        }
        if let waits, ending.outcome == KT_RATE_LIMITED, ending.report?.retryAfter != waits {
            bench.warn(
                "\(what): the service asks to wait \(waits) ms, and retry_after_ms is \(ending.report?.retryAfter ?? 0)"
            )
        }
    }

    /// Whether the fixture's service answers its writes with a body, in which a page of someone else would show.
    private static func confirmsInBodies(_ bench: Bench) -> Bool {
        let writes = (bench.subject.rules ?? []).filter { $0.method != "GET" && (200..<300).contains($0.status) }
        return !writes.isEmpty && writes.allSatisfy { $0.body != nil }
    }

    private static let faults: [Fault] = [.serverError, .forbidden, .lost, .garbage]

    /// One request of a push fails, each in turn.
    private static let anyRequest = ConformanceCheck(
        "fault-at-any-request", "Whichever request fails, push says yes only when the service accepted all writes."
    ) { bench throws(Stop) in
        let healthy = try bench.healthyWorld()
        let instance = try bench.open()
        let target = try bench.target()
        let good = try bench.mustPush(instance, KeyPair(), to: target, healthy, "push")
        for position in 0..<min(good.requests.count, 64) {
            for fault in faults {
                let what = "push, with request \(position + 1) answered: \(fault.name)"
                bench.doing(what)
                let ending = instance.push(
                    KeyPair(), to: target, World(bench.subject.rules, fault: fault, at: .only(position)))
                bench.judge(ending, what)
                guard ending.isOK, ending.requests.indices.contains(position) else { continue }
                let isVague = fault.isVagueYes && ending.requests[position].isWrite && !confirmsInBodies(bench)
                if ending.acceptedWrites < good.acceptedWrites && !isVague {
                    bench.fail(
                        "\(what): it ended as \(ending.described), though the service accepted "
                            + "\(ending.acceptedWrites) of \(good.acceptedWrites) writes")
                }
            }
        }
        instance.close()
    }

    /// After a push that failed half-way, pushing again finishes it.
    private static let oneWriteIgnored = ConformanceCheck(
        "finishes-what-was-cut-short", "A push after one that was cut short ends well, with all that is needed written."
    ) { bench throws(Stop) in
        let healthy = try bench.healthyWorld()
        let instance = try bench.open()
        let target = try bench.target()
        let good = try bench.mustPush(instance, KeyPair(1), to: target, healthy, "push")
        for position in 0..<min(good.requests.count, 64) {
            let world = World(bench.subject.rules, fault: .lost, at: .only(position))
            bench.doing("push, with the answer to request \(position + 1) lost")
            let first = instance.push(KeyPair(2), to: target, world)
            // A pusher that remembers what it asked for before gets by with fewer requests.
            guard first.requests.count > position else { break }
            let second = try bench.mustPush(instance, KeyPair(2), to: target, world, "the push after it")
            bench.judge(second, "the push after it")
            if first.acceptedWrites + second.acceptedWrites < good.acceptedWrites {
                bench.fail("after a lost answer to request \(position + 1) the next push said yes with too few writes")
            }
        }
        instance.close()
    }
}
