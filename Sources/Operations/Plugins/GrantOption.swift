internal import PusherConformance
internal import PusherHost

/// Grants that are not given just because a manifest asks: `--grant` names them.
package enum GrantOption: String, CaseIterable, Sendable {
    case files, network, programs
    /// Hosts that an earlier version did not ask for. At the first pin they are granted without being named.
    case hosts
    /// Operations of AWS, in the same way.
    case aws
}

extension Grants {
    /// The hosts and the operations of AWS, and of the rest what was named.
    func limited(to named: some Sequence<GrantOption>) -> Grants {
        let named = Set(named)
        var grants = self
        if !named.contains(.files) { (grants.readable, grants.writable) = ([], []) }
        if !named.contains(.network) { grants.network = false }
        if !named.contains(.programs) { grants.programs = false }
        return grants
    }

    /// What a plugin is granted that takes the place of a pinned one: what that was granted, as far as it is still asked for, and
    /// what was named.
    func succeeding(_ former: Grants, naming named: [GrantOption]) -> Grants {
        var grants = former.covered(by: self)
        if named.contains(.files) { (grants.readable, grants.writable) = (readable, writable) }
        if named.contains(.network) { grants.network = network }
        if named.contains(.programs) { grants.programs = programs }
        if named.contains(.hosts) { grants.hosts = hosts }
        if named.contains(.aws) { grants.aws = aws }
        return grants
    }

    /// What has to be named so that all of this is granted.
    var options: [GrantOption] {
        kinds.compactMap { GrantOption(rawValue: $0) }
    }

    /// One line about grants that a manifest asks for and does not get; nil: there are none.
    var withheld: String? {
        guard !words.isEmpty else { return nil }
        let allowing = options.map { "--grant \($0.rawValue)" }.joined(separator: " ")
        let parts = haveEveryFile ? " with --folder DIRECTORY allows a part of it" : " allows it"
        return "\(words.joined(separator: ", ")): it asks for that; \(allowing)\(parts)"
    }

    /// What the manifest of a plugin that is being tested asks for. Its hosts are the test's own.
    init(_ asks: Asks) {
        self.init()
        (readable, writable) = (asks.readable, asks.writable)
        (network, programs) = (asks.network, asks.programs)
    }
}
