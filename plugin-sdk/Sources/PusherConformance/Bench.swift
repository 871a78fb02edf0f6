internal import CKeyturnPusher
internal import JSON

/// What a check works with: the pusher, ways to load and call it, and a place for what was found.
final class Bench {
    let subject: Subject
    private(set) var findings: [(verdict: Verdict, text: String)] = []
    private let progress: (String) -> Void
    private static let findingLimit = 8

    /// - Parameter progress: receives what the check begins to do, so that a crash can be placed.
    init(_ subject: Subject, progress: @escaping (String) -> Void) {
        self.subject = subject
        self.progress = progress
    }

    /// Says what is done next.
    func doing(_ text: String) { progress(text) }

    func fail(_ text: String) { add(.fail, text) }
    func warn(_ text: String) { add(.warn, text) }

    /// Findings once each: every call would report the same again.
    private func add(_ verdict: Verdict, _ text: String) {
        guard findings.filter({ $0.verdict == verdict }).count < Self.findingLimit,
            !findings.contains(where: { $0.text == text })
        else { return }
        findings.append((verdict, text))
    }

    /// The pusher's configuration.
    func configuration() throws(Stop) -> JSONValue {
        guard let configuration = subject.configuration else {
            throw Stop(
                "no configuration can be made from the manifest's schema: add examples, or a conformance.json", .warn)
        }
        return configuration
    }

    /// The first target.
    func target() throws(Stop) -> Target {
        guard let target = subject.targets.first else {
            throw Stop("no target can be made from the manifest's schema: add examples, or a conformance.json", .warn)
        }
        return Target(target)
    }

    /// The service when all is well.
    func healthyWorld() throws(Stop) -> World {
        switch subject.fixture {
        case .success(let fixture): return World(fixture.rules)
        case .failure(let error): throw Stop("conformance.json: \(error.description)", .fail)
        case nil: throw Stop("needs conformance.json: without it nothing is known of the service's answers", .warn)
        }
    }

    /// Loads the library and opens it, as a runner does.
    func open(_ shape: ScriptedHost.Shape = .init(), configuration: JSONValue? = nil) throws(Stop) -> Instance {
        var configuration = configuration
        if configuration == nil { configuration = try self.configuration() }
        let host = ScriptedHost(shape)
        doing("loading the library")
        let library = try Library(path: subject.library, host: host)
        doing("open")
        let instance = Instance(library, host, configuration: Array((configuration ?? .null).text.utf8))
        guard instance.isOpen else {
            throw Stop("open() of a good configuration ended as \(instance.opening.described)")
        }
        return instance
    }

    /// A push that has to go well, with what is wrong with it.
    func mustPush(_ instance: Instance, _ pair: KeyPair, to target: Target, _ world: World, _ what: String) throws(Stop)
        -> Ending
    {
        doing(what)
        let ending = instance.push(pair, to: target, world)
        guard ending.isOK else {
            let missing = world.unmatched.first.map { "; conformance.json has no reply for \($0)" } ?? ""
            throw Stop("\(what) ended as \(ending.described)\(missing)")
        }
        return ending
    }

    /// Rules that hold for every call.
    func judge(_ ending: Ending, _ what: String) {
        if !(0...11).contains(ending.outcome) { fail("\(what) ended as \(outcomeName(ending.outcome))") }
        for violation in ending.violations { fail("\(what): \(violation)") }
    }
}
