internal import CKeyturnPusher
internal import JSON

/// `kt.find/1`, `below`: places in a scope and the scopes below it. An operator believes that what is not listed is not there.
enum BelowChecks {
    /// Calls that one check makes: a fixture's service is small.
    private static let mostCalls = 200

    static let all = [
        ConformanceCheck(
            "find-below",
            "find lists places and scopes below a scope, each that could be a target as one, and writes nothing."
        ) {
            bench throws(Stop) in
            guard let scopes = try scopes(bench) else { return }
            let instance = try bench.open()
            let world = try bench.healthyWorld()
            for (number, target) in bench.subject.targets.enumerated() {
                _ = try bench.mustPush(
                    instance, KeyPair(number + 1), to: Target(target), world, "push to targets[\(number)]")
            }
            var waiting = scopes
            var seen = Set(waiting)
            var count = 0
            while !waiting.isEmpty, count < mostCalls {
                let scope = waiting.removeFirst()
                count += 1
                bench.doing("find below \(quoted(scope.name))")
                guard let ending = instance.find(below: scope, world) else {
                    throw Stop("the manifest has `scope`, and the library has no kt_find.below")
                }
                judge(bench, ending, scope)
                if ending.outcome != KT_OK {
                    bench.fail("find below \(quoted(scope.name)) ended as \(ending.described)")
                }
                for gap in ending.gaps.filter({ $0.outcome != KT_UNSUPPORTED }).prefix(3) {
                    bench.warn(
                        "find did not see \(quoted(gap.part)): \(quoted(gap.message)); is a reply missing in conformance.json?"
                    )
                }
                waiting += ending.scopes.filter { seen.insert($0).inserted }
            }
            if count == mostCalls { bench.fail("find reports scopes without an end: \(mostCalls) calls were made") }
            instance.close()
        },
        ConformanceCheck(
            "find-below-without-answers",
            "find says of what it could not see that it did not see it, and reports nothing that the service has not shown."
        ) {
            bench throws(Stop) in
            // What asks no service sees what it sees, whatever services answer.
            guard bench.subject.asksServices, let scope = try scopes(bench)?.first else { return }
            let instance = try bench.open()
            for fault in [Fault.serverError, .forbidden, .garbage, .lost, .strange, .cut, .empty] {
                bench.doing("find, with every request answered: \(fault.name)")
                guard let ending = instance.find(below: scope, World(nil, fault: fault)) else { return }
                judge(bench, ending, scope)
                if !ending.places.isEmpty || !ending.scopes.isEmpty {
                    bench.fail(
                        "find reported \(ending.places.count) places and \(ending.scopes.count) scopes, and every answer was: \(fault.name)"
                    )
                }
                if ending.outcome == KT_OK, ending.gaps.isEmpty {
                    bench.fail(
                        "find ended as KT_OK without a gap, and every answer was: \(fault.name); that reads as: nothing is there"
                    )
                }
            }
            instance.close()
        },
    ]

    /// The scopes of conformance.json; nil: the plugin looks through none.
    private static func scopes(_ bench: Bench) throws(Stop) -> [FoundScope]? {
        guard bench.subject.manifest["scope"] != nil else { return nil }
        let names = bench.subject.scopes
        guard !names.isEmpty else {
            throw Stop("the manifest has `scope`: add `scopes` to conformance.json, a list of texts", .warn)
        }
        return names.map(FoundScope.init(name:))
    }

    private static func judge(_ bench: Bench, _ ending: Ending, _ scope: FoundScope) {
        bench.judge(ending, "find")
        FindChecks.judge(bench, ending, nil)
        if ending.scopes.count > KT_MAX_SCOPES { bench.fail("find reported more than \(KT_MAX_SCOPES) scopes") }
        if ending.gaps.count > KT_MAX_GAPS {
            bench.warn("find reported more than \(KT_MAX_GAPS) gaps, and the rest is left out")
        }
        let search = SecretSearch(bench.subject.secrets)
        for found in ending.scopes {
            for fault in found.faults { bench.fail("the scope \(quoted(found.name)): \(fault)") }
            if found.name.isEmpty { bench.fail("a scope has no name") }
            if found == scope { bench.fail("the scope \(quoted(found.name)) is the one that was asked about") }
            for text in [found.name, found.fields] {
                if let secret = search.find(in: text) { bench.fail("kt_scope has \(secret)") }
            }
        }
        for gap in ending.gaps {
            for fault in gap.faults { bench.fail("the gap \(quoted(gap.part)): \(fault)") }
            if gap.part.isEmpty { bench.fail("a gap does not say which part was not seen") }
            if gap.outcome == KT_OK || gap.outcome == KT_UNCHANGED {
                bench.fail("the gap \(quoted(gap.part)) has the outcome KT_OK")
            }
            for text in [gap.part, gap.message] {
                if let secret = search.find(in: text) { bench.fail("kt_found_gap has \(secret)") }
            }
        }
        for place in ending.places where JSONValue(parsing: Array(place.names.utf8))?.strings?.isEmpty ?? true {
            bench.fail("the place \(quoted(place.place)): names is \(quoted(place.names)), not a JSON list of texts")
        }
    }
}
