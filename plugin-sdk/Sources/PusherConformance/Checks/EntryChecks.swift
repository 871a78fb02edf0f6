internal import CKeyturnPusher
internal import JSON

/// The entry function, and hosts of other versions than the plugin's.
enum EntryChecks {
    static let all = [
        ConformanceCheck("loads", "The library loads, and its entry function gives a whole table.") {
            bench throws(Stop) in
            let library = try load(bench)
            if library.size > 4_096 {
                bench.fail("its table gives a size of \(library.size) bytes: set it to sizeof")
            }
        },
        ConformanceCheck("larger-host", "A host of a later version, whose structs are longer, is accepted.") {
            bench throws(Stop) in
            let instance = try bench.open(.init(extra: 64, abiMinor: 99))
            let target = try bench.target()
            let world = World(bench.subject.rules)
            bench.doing("check with a larger host")
            bench.judge(instance.check(target, world), "check")
            bench.doing("push with a larger host")
            let ending = instance.push(KeyPair(), to: target, world)
            bench.judge(ending, "push")
            if bench.subject.rules != nil && !ending.isOK { bench.fail("push ended as \(ending.described)") }
            instance.close()
        },
        lacking("without-log", [KT_SERVICE_LOG_1], mayRefuse: false),
        lacking("without-secret", [KT_SERVICE_SECRET_1], mayRefuse: true),
        lacking("without-clock", [KT_SERVICE_CLOCK_1], mayRefuse: true),
        lacking("without-http", [KT_SERVICE_HTTP_1], mayRefuse: true),
        lacking("without-aws", [KT_SERVICE_AWS_1], mayRefuse: true),
        lacking("without-services", Set(ScriptedHost.services), mayRefuse: true),
        ConformanceCheck("identity", "ID, version and summary are well-formed.") { bench throws(Stop) in
            let table = try load(bench).table
            let id = text(table.id, limit: 1_024)
            if (try? Regex("[a-z][a-z0-9]*(-[a-z0-9]+)*").wholeMatch(in: id)) == nil || id.utf8.count > KT_MAX_ID {
                bench.fail("the id \(quoted(id)) is not lower case, digits and dashes, up to \(KT_MAX_ID)")
            }
            let version = text(table.version, limit: 1_024)
            if (try? Regex(#"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"#).wholeMatch(in: version)) == nil {
                bench.fail("the version \(quoted(version)) is not a semantic version, such as 1.0.0")
            }
            let summary = text(table.summary, limit: 4_096)
            if summary.isEmpty || summary.contains(where: \.isNewline) { bench.fail("the summary is not one line") }
            if summary.count > 120 { bench.warn("the summary has \(summary.count) characters; 120 fit on a line") }
        },
        ConformanceCheck("unknown-extension", "An extension that it does not know is answered with NULL.") {
            bench throws(Stop) in
            let library = try load(bench)
            guard let function = library.table.extension else { return }
            bench.doing("extension(\"kt.conformance.unknown/9\")")
            let lender = Lender(.fenced)
            for id in ["kt.conformance.unknown/9", ""] where function(lender.string(id)) != nil {
                bench.fail("extension(\(quoted(id))) is not NULL")
            }
        },
    ]

    private static func load(_ bench: Bench) throws(Stop) -> Library {
        bench.doing("loading the library")
        return try Library(path: bench.subject.library, host: ScriptedHost())
    }

    private static func lacking(_ name: String, _ services: Set<String>, mayRefuse: Bool) -> ConformanceCheck {
        let what = services.count == 1 ? services.first! : "any service"
        return ConformanceCheck(name, "A host without \(what) is borne, or refused in order.") { bench throws(Stop) in
            let host = ScriptedHost(.init(missing: services))
            bench.doing("loading the library on a host without \(what)")
            let library: Library
            do throws(Stop) { library = try Library(path: bench.subject.library, host: host) } catch {
                guard mayRefuse, error.finding.contains("refused") else { throw error }
                return
            }
            bench.doing("open on a host without \(what)")
            let instance = Instance(library, host, configuration: Array(try bench.configuration().text.utf8))
            bench.judge(instance.opening, "open")
            guard instance.isOpen else {
                let outcome = instance.opening.outcome
                if !mayRefuse { bench.fail("open ended as \(instance.opening.described), for want of \(what)") }
                if outcome != KT_UNSUPPORTED {
                    bench.warn("open ended as \(outcomeName(outcome)); KT_UNSUPPORTED says it best")
                }
                return
            }
            let target = try bench.target()
            bench.doing("check on a host without \(what)")
            bench.judge(instance.check(target, World(bench.subject.rules)), "check")
            bench.doing("push on a host without \(what)")
            let ending = instance.push(KeyPair(), to: target, World(bench.subject.rules))
            bench.judge(ending, "push")
            let own = bench.subject.operations.isEmpty ? KT_SERVICE_HTTP_1 : KT_SERVICE_AWS_1
            if services.contains(own), ending.isOK, bench.subject.asksServices {
                bench.fail("push ended as \(ending.described), and nothing can have been sent")
            }
            instance.close()
        }
    }
}
