internal import CKeyturnPusher
internal import JSON

/// `open` and `close`.
enum OpenChecks {
    static let all = [
        ConformanceCheck("opens", "open accepts a good configuration, and close ends it.") { bench throws(Stop) in
            let instance = try bench.open()
            bench.judge(instance.opening, "open")
            bench.doing("close")
            instance.close()
        },
        ConformanceCheck("open-sends-nothing", "open sends no request: that is for check.") { bench throws(Stop) in
            let instance = try bench.open()
            if let first = instance.opening.requests.first {
                bench.fail(
                    "open sent \(instance.opening.requests.count) requests, the first \(first.method) \(quoted(first.url))"
                )
            }
        },
        ConformanceCheck(
            "refuses-bad-configuration", "open refuses what its schema does not allow, with KT_INVALID_CONFIG."
        ) {
            bench throws(Stop) in
            let schema = bench.subject.manifest["configuration"] ?? .object([:])
            let bad = Sample.bad(schema, good: try bench.configuration())
            if bad.isEmpty { return }
            try refuse(bench, bad.map { ($0.what, Array($0.value.text.utf8)) })
        },
        ConformanceCheck("refuses-no-configuration", "open refuses what is not a JSON object, with KT_INVALID_CONFIG.")
        {
            bench throws(Stop) in
            let good = Array(try bench.configuration().text.utf8)
            try refuse(
                bench,
                [
                    ("nothing", []), ("a list", Array("[]".utf8)), ("null", Array("null".utf8)),
                    ("a text that ends in the middle", Array(good.dropLast(good.count / 2))),
                    ("bytes that are not UTF-8", [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D]),
                    ("deep nesting", Array(String(repeating: "[", count: 20_000).utf8)),
                ], isSoft: bench.subject.manifest["configuration"]?["required"]?.array?.isEmpty ?? true)
        },
    ]

    /// Tries configurations that cannot work. After a refusal there is no instance, so the next can follow.
    private static func refuse(_ bench: Bench, _ bad: [(what: String, bytes: [UInt8])], isSoft: Bool = false)
        throws(Stop)
    {
        let host = ScriptedHost()
        bench.doing("loading the library")
        let library = try Library(path: bench.subject.library, host: host)
        for (what, bytes) in bad {
            bench.doing("open with a configuration where \(what)")
            let instance = Instance(library, host, configuration: bytes)
            bench.judge(instance.opening, "open (\(what))")
            if instance.isOpen {
                instance.close()
                let text = "open accepted a configuration where it is: \(what)"
                isSoft ? bench.warn(text) : bench.fail(text)
                return
            }
            if instance.opening.outcome != KT_INVALID_CONFIG {
                bench.warn("open (\(what)) ended as \(outcomeName(instance.opening.outcome)), not as KT_INVALID_CONFIG")
            }
            if instance.opening.message.isEmpty { bench.warn("open refused (\(what)) without a message") }
        }
    }
}
