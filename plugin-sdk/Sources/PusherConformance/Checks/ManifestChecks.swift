internal import CKeyturnPusher
internal import JSON

/// What the plugin says of itself.
enum ManifestChecks {
    static let all = [
        ConformanceCheck("manifest-embedded", "manifest.json and the manifest in the library are the same.") {
            bench throws(Stop) in
            let library = try Library(path: bench.subject.library, host: ScriptedHost())
            let table = library.table
            let text = Array(PusherConformance.text(table.manifest, limit: 4 << 20).utf8)
            guard let embedded = JSONValue(parsing: text) else { throw Stop("the manifest in the library is not JSON") }
            if embedded != bench.subject.manifest { bench.fail("the manifest in the library is not manifest.json") }
            for (name, value) in [("id", table.id), ("version", table.version), ("summary", table.summary)] {
                let told = PusherConformance.text(value, limit: 4_096)
                if bench.subject.manifest[name]?.string != told {
                    bench.fail("manifest.json has another \(name) than the library's table, which says \(quoted(told))")
                }
            }
        },
        ConformanceCheck("manifest-fields", "The manifest's fields are known, and fit together.") {
            bench throws(Stop) in
            let manifest = bench.subject.manifest
            (ManifestRules.faults(of: manifest) + ManifestRules.exampleFaults(of: manifest)).forEach(bench.fail)
            if manifest["abi"] == nil { bench.warn("`abi` is missing: {\"min\": 1, \"max\": 1}") }
            let can = manifest["can"]?.strings ?? []
            let library = try Library(path: bench.subject.library, host: ScriptedHost())
            if can.contains("inspect") != (library.inspect != nil) {
                bench.warn(
                    "`can` \(can.contains("inspect") ? "names" : "does not name") inspect, and the table's is "
                        + "\(library.inspect == nil ? "NULL" : "there")")
            }
            if (manifest["scope"] != nil) != can.contains("find") {
                bench.warn("`scope` and the word `find` in `can` belong together: both say that it looks below a scope")
            }
        },
        ConformanceCheck("manifest-schema", "The schemas of configuration and target are well-formed.") {
            bench throws(Stop) in
            if let scope = bench.subject.manifest["scope"] {
                let found = SchemaLint.faults(scope, "scope")
                found.faults.forEach(bench.fail)
                found.doubts.forEach(bench.warn)
            }
            for name in ["configuration", "target"] {
                guard let schema = bench.subject.manifest[name] else {
                    bench.warn("there is no schema of the \(name): any field is allowed, and no mistake is found early")
                    continue
                }
                let found = SchemaLint.faults(schema, name)
                found.faults.forEach(bench.fail)
                found.doubts.forEach(bench.warn)
                if schema["additionalProperties"] != .bool(false) {
                    bench.warn("\(name): without `additionalProperties: false` a misspelt field goes unnoticed")
                }
            }
            if bench.subject.configuration == nil || bench.subject.targets.isEmpty {
                bench.warn("no sample can be made from the schemas: add examples, or a conformance.json")
            }
        },
        ConformanceCheck("fixture", "conformance.json is well-formed.") { bench throws(Stop) in
            _ = try bench.healthyWorld()
        },
    ]
}
