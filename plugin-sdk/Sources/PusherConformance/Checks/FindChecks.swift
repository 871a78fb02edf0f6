internal import CKeyturnPusher
internal import JSON

/// `kt.find/1`: places around a target. What keyturn leaves out in use is a fault here.
enum FindChecks {
    static let most = Int(KT_MAX_PLACES)

    static let all = [
        ConformanceCheck("find", "find lists places that could be targets, not the target itself, and writes nothing.")
        {
            bench throws(Stop) in
            let instance = try bench.open()
            guard instance.library.find?.around != nil else { return }
            let world = try bench.healthyWorld()
            for (number, target) in bench.subject.targets.enumerated() {
                let pair = KeyPair(number + 1)
                _ = try bench.mustPush(instance, pair, to: Target(target), world, "push to targets[\(number)]")
            }
            for (number, target) in bench.subject.targets.enumerated() {
                bench.doing("find around targets[\(number)]")
                guard let ending = instance.find(Target(target), world) else { return }
                bench.judge(ending, "find")
                judge(bench, ending, target)
                if ending.outcome != KT_OK && ending.outcome != KT_UNSUPPORTED {
                    bench.fail("find around targets[\(number)] ended as \(ending.described)")
                }
            }
            instance.close()
        },
        ConformanceCheck(
            "find-without-answers", "find reports no place that the service has not shown, and writes nothing."
        ) {
            bench throws(Stop) in
            let instance = try bench.open()
            guard instance.library.find?.around != nil else { return }
            let target = try bench.target()
            for fault in [Fault.echo, .serverError, .forbidden, .garbage, .lost, .strange, .cut, .empty] {
                bench.doing("find, with every request answered: \(fault.name)")
                guard let ending = instance.find(target, World(nil, fault: fault)) else { return }
                bench.judge(ending, "find")
                judge(bench, ending, bench.subject.targets.first ?? .null)
                if !ending.places.isEmpty && bench.subject.asksServices {
                    bench.fail("find reported \(ending.places.count) places, and every answer was: \(fault.name)")
                }
            }
            instance.close()
        },
    ]

    /// - Parameter target: around which; nil: below a scope.
    static func judge(_ bench: Bench, _ ending: Ending, _ target: JSONValue?) {
        if let write = ending.requests.first(where: \.isWrite) {
            bench.fail("find sent \(write.method) \(quoted(write.path)), and is to write nothing")
        }
        if ending.places.count > most { bench.fail("find reported more than \(most) places") }
        let secrets =
            bench.subject.targets.indices.map { (name: "a secret access key", value: KeyPair($0 + 1).secret) }
            + bench.subject.secrets
        let search = SecretSearch(secrets)
        for place in ending.places.prefix(most) { judge(bench, place, target, search) }
    }

    private static func judge(_ bench: Bench, _ found: FoundPlace, _ target: JSONValue?, _ search: SecretSearch) {
        let what = "the place \(quoted(found.place))"
        for fault in found.faults { bench.fail("\(what): \(fault)") }
        if found.place.isEmpty { bench.fail("a place has no name") }
        if found.place.contains(where: \.isNewline) { bench.fail("\(what) has more than one line") }
        if found.place.utf8.count > KT_MAX_PLACE_NAME {
            bench.warn("\(what) has more than \(KT_MAX_PLACE_NAME) bytes, and is cut")
        }
        for (name, text) in [
            ("place", found.place), ("fields", found.fields), ("key_id", found.keyID), ("changed_at", found.changedAt),
            ("names", found.names), ("audience", found.audience), ("state", found.state),
        ] {
            if let secret = search.find(in: text) { bench.fail("kt_found_place.\(name) has \(secret)") }
        }
        if !found.keyID.isEmpty, found.keyID.wholeMatch(of: /[A-Z0-9]{16,128}/) == nil {
            bench.fail("\(what): key_id is \(quoted(found.keyID)), not an access key ID")
        }
        let time = /[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})/
        if !found.changedAt.isEmpty, found.changedAt.wholeMatch(of: time) == nil {
            bench.fail("\(what): changed_at is \(quoted(found.changedAt)), not a time of RFC 3339")
        }
        // Where no target can be the place, it has no fields.
        if target == nil, found.fields.isEmpty { return }
        guard let texts = found.texts else {
            return bench.fail("\(what): fields are \(quoted(found.fields)), not a JSON object of strings")
        }
        let schema = bench.subject.manifest["target"] ?? .object([:])
        for fault in SchemaFit.faults(texts, schema) { bench.fail("\(what): \(fault)") }
        if let target, isTarget(texts, target, schema) { bench.fail("\(what) is the target itself") }
    }

    /// Whether all of a place's fields are the target's own, defaults included.
    private static func isTarget(_ texts: [String: String], _ target: JSONValue, _ schema: JSONValue) -> Bool {
        guard let own = target.object, !texts.isEmpty else { return false }
        return texts.allSatisfy { name, text in
            let value = own[name] ?? schema["properties"]?[name]?["default"]
            return value.map { ($0.string ?? $0.text) == text } ?? text.isEmpty
        }
    }
}
