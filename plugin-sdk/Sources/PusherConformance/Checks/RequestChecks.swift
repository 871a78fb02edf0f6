internal import CKeyturnPusher
internal import JSON

/// What is asked of the service, and odd targets.
enum RequestChecks {
    static let all = [
        ConformanceCheck(
            "requests",
            "Requests are well-formed, for hosts and operations of AWS that the manifest names, or the configuration's endpoint."
        ) {
            bench throws(Stop) in
            let instance = try bench.open()
            for (number, target) in bench.subject.targets.enumerated() {
                for fault in [nil, Fault.serverError] {
                    bench.doing("calls for targets[\(number)]")
                    let world = World(bench.subject.rules, fault: fault)
                    judge(bench, instance.push(KeyPair(), to: Target(target), world), bench.subject.hosts)
                    judge(bench, instance.check(Target(target), world), bench.subject.hosts)
                    if let ending = instance.inspect(Target(target), world) {
                        judge(bench, ending, bench.subject.hosts)
                    }
                }
            }
            instance.close()
        },
        ConformanceCheck("redirects", "A redirection to another host is not followed there.") { bench throws(Stop) in
            let instance = try bench.open()
            for status in [301, 302, 307, 308] {
                let fault = Fault.status(
                    status, [], headers: [("location", "https://elsewhere.conformance.invalid/take")])
                bench.doing("push, with every request answered: \(status)")
                judge(
                    bench, instance.push(KeyPair(), to: try bench.target(), World(nil, fault: fault)),
                    bench.subject.hosts)
            }
            instance.close()
        },
        ConformanceCheck("endpoint", "The configuration's endpoint is where all requests go.") { bench throws(Stop) in
            guard bench.subject.manifest["configuration"]?["properties"]?["endpoint"] != nil else { return }
            let host = "endpoint.conformance.invalid"
            let configuration = try bench.configuration().setting(["endpoint": .string("https://\(host)/base")])
            let instance = try bench.open(configuration: configuration)
            bench.doing("push with another endpoint")
            let ending = instance.push(KeyPair(), to: try bench.target(), World(nil, fault: .serverError))
            judge(bench, ending, [host])
            if ending.requests.isEmpty { bench.warn("push asked the service nothing") }
            for request in ending.requests where !request.path.hasPrefix("/base/") {
                bench.warn("a request went to \(quoted(request.path)), outside the endpoint's path /base")
            }
            instance.close()
        },
        ConformanceCheck(
            "odd-targets", "Odd targets (empty, long, of other scripts, with control characters) do no harm."
        ) {
            bench throws(Stop) in
            let instance = try bench.open()
            guard let sample = bench.subject.targets.first else { throw Stop("needs a target", .warn) }
            for (what, text) in oddTexts {
                for name in (sample.object ?? [:]).keys.sorted() where sample[name]?.string != nil {
                    bench.doing("push and check of a target whose \(name) is \(what)")
                    let target = Target(sample.setting([name: .string(text)]), name: "conformance:\(text)")
                    let world = World(bench.subject.rules)
                    judge(bench, instance.push(KeyPair(), to: target, world), bench.subject.hosts)
                    judge(bench, instance.check(target, world), bench.subject.hosts)
                }
            }
            instance.close()
        },
        ConformanceCheck(
            "bad-targets", "Fields that are no JSON object, or of other types, end the call as KT_INVALID_CONFIG."
        ) {
            bench throws(Stop) in
            let instance = try bench.open()
            guard let sample = bench.subject.targets.first else { throw Stop("needs a target", .warn) }
            var bad: [(String, [UInt8])] = [
                ("empty", []), ("a list", Array("[]".utf8)), ("null", Array("null".utf8)),
                ("cut short", Array(Array(sample.text.utf8).dropLast(5))), ("not UTF-8", [0x7B, 0xFF, 0x7D]),
            ]
            bad += Sample.bad(bench.subject.manifest["target"] ?? .object([:]), good: sample)
                .map { ($0.what, Array($0.value.text.utf8)) }
            for (what, fields) in bad {
                bench.doing("push to a target whose fields are: \(what)")
                var target = Target(sample)
                target.fields = fields
                let ending = instance.push(KeyPair(), to: target, World(bench.subject.rules))
                judge(bench, ending, bench.subject.hosts)
                if ending.isOK {
                    bench.fail("push ended as \(ending.described) for a target whose fields are: \(what)")
                } else if ending.outcome != KT_INVALID_CONFIG {
                    bench.warn("push ended as \(outcomeName(ending.outcome)) for a target whose fields are: \(what)")
                }
            }
            instance.close()
        },
        ConformanceCheck(
            "odd-pairs", "A key pair of any visible characters arrives, and one that is empty is not written."
        ) {
            bench throws(Stop) in
            let world = try bench.healthyWorld()
            let instance = try bench.open()
            let target = try bench.target()
            var pair = KeyPair()
            for secret in [
                #"a"b\c/d+e=f&g%h{i}j<k>l'm,n;o:p?q#r~s`t|u^v*w(x)y!z@"#, String(repeating: "Ab/+", count: 32),
            ] {
                pair.secret = secret
                _ = try bench.mustPush(instance, pair, to: target, world, "a push of a secret with odd characters")
            }
            pair.secret = ""
            bench.doing("a push of an empty secret")
            let ending = instance.push(pair, to: target, World(bench.subject.rules))
            bench.judge(ending, "a push of an empty secret")
            if ending.isOK { bench.warn("a push of an empty secret ended as \(ending.described)") }
            instance.close()
        },
    ]

    private static let oddTexts = [
        ("empty", ""), ("a dot", "."), ("two dots", ".."), ("a way up", "../../../secrets"),
        ("of other scripts", "пример/例え/🔑\u{301}"), ("with a line break", "a\r\nX-Injected: yes"),
        ("with a query", "a?b=c&d=e#f"), ("a URL", "https://elsewhere.conformance.invalid/x"),
        ("with a host", "@elsewhere.conformance.invalid/"),
        ("with quotes", #"a"b\c'd"#), ("with a NUL", "a\u{0}b"), ("a percent sign", "%2e%2e%2f%"),
        ("10,000 characters long", String(repeating: "x", count: 10_000)),
    ]

    private static func judge(_ bench: Bench, _ ending: Ending, _ hosts: [String]) {
        bench.judge(ending, "a call")
        for request in ending.requests {
            for fault in request.faults { bench.fail("a request has \(fault)") }
            if let operation = request.operation {
                guard request.faults.isEmpty, !bench.subject.operations.contains(operation) else { continue }
                bench.fail("a request asks for \(quoted(operation)), which the manifest does not list under `aws`")
                continue
            }
            guard request.faults.isEmpty, !isGranted(request.host, hosts) else { continue }
            bench.fail(
                "a request goes to the host \(quoted(request.host)), which is neither in the manifest nor the endpoint's"
            )
        }
    }

    private static func isGranted(_ host: String, _ hosts: [String]) -> Bool {
        hosts.contains { granted in
            granted.lowercased() == host || granted.hasPrefix("*.") && host.hasSuffix(granted.dropFirst().lowercased())
        }
    }
}
