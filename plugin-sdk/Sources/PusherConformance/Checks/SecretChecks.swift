internal import CKeyturnPusher

/// Secrets go into requests, and nowhere else.
enum SecretChecks {
    static let all = [
        ConformanceCheck("secrets-in-logs", "Neither token nor secret key is in a log line, in any disguise.") {
            bench throws(Stop) in
            try everywhere(bench) { search, host, _ in
                // Also one that is spread over several lines.
                if let found = search.find(in: host.logs.joined(separator: "\n")) { bench.fail("the log has \(found)") }
                for line in host.logs {
                    if let found = search.find(in: line) { bench.fail("a log line has \(found)") }
                    if line.utf8.count > KT_MAX_LOG_LINE {
                        bench.warn("a log line has \(line.utf8.count) bytes, and is cut at \(KT_MAX_LOG_LINE)")
                    }
                }
            }
        },
        ConformanceCheck(
            "secrets-in-messages", "Neither is in a report's message, key ID or time, even if the service repeats it."
        ) {
            bench throws(Stop) in
            try everywhere(bench) { search, _, endings in
                for report in endings.compactMap(\.report) {
                    for (name, text) in [
                        ("message", report.message), ("key_id", report.keyID), ("changed_at", report.changedAt),
                    ] {
                        if let found = search.find(in: text) { bench.fail("kt_report.\(name) has \(found)") }
                    }
                }
            }
        },
        ConformanceCheck("secrets-in-urls", "Neither is in a URL: servers and proxies log them.") {
            bench throws(Stop) in
            try everywhere(bench) { search, _, endings in
                for request in endings.flatMap(\.requests) {
                    if let found = search.find(in: request.url) {
                        bench.fail("the URL of a \(request.method) has \(found)")
                    }
                }
            }
        },
    ]

    /// Calls of every kind, with answers of every kind, and then a look at what they left.
    private static func everywhere(
        _ bench: Bench, _ look: (SecretSearch, ScriptedHost, [Ending]) -> Void
    ) throws(Stop) {
        let instance = try bench.open()
        let target = try bench.target()
        let pair = KeyPair()
        let faults: [Fault?] = [nil, .echo, .serverError, .forbidden, .garbage, .lost, .strange]
        var endings = [instance.opening]
        for fault in faults {
            bench.doing("calls, with every request answered: \(fault?.name ?? "well")")
            let world = World(bench.subject.rules, fault: fault)
            endings.append(instance.push(pair, to: target, world))
            endings.append(instance.check(target, world))
            if let ending = instance.inspect(target, world) { endings.append(ending) }
        }
        bench.doing("close")
        instance.close()
        let secrets = [(name: "the secret access key", value: pair.secret)] + bench.subject.secrets
        look(SecretSearch(secrets), instance.host, endings)
    }
}
