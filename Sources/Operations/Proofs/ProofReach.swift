internal import PusherHost

/// Which places a job reads variables from, and which of them wins, by the rules of its CI system.
struct ProofReach {
    let proof: ProofLine

    init(_ proof: ProofLine) { self.proof = proof }

    /// The rank of the nearest place that the job can have.
    var nearest: Int {
        switch proof.system {
        case .github: proof.part.isEmpty ? 2 : 3
        case .gitlab: proof.part.isEmpty ? Self.project : .max
        case .travis: 2
        }
    }

    /// The higher one wins; nil: the job reads nothing there.
    func rank(_ place: FoundPlace) -> Int? {
        let isNamed =
            place.names.contains(proof.keyName)
            // Names of secrets have no case at GitHub.
            || proof.system == .github && place.names.contains { $0.lowercased() == proof.keyName.lowercased() }
        guard isNamed else { return nil }
        return switch proof.system {
        case .github: place.audience == "actions" ? github(place.fields) : nil
        case .gitlab: gitlab(place.fields)
        case .travis: travis(place.fields)
        }
    }

    private func isSame(_ field: String?, _ text: some StringProtocol) -> Bool {
        field?.lowercased() == text.lowercased()
    }

    /// An environment's over the repository's over the organization's.
    private func github(_ fields: [String: String]) -> Int? {
        if isSame(fields["organization"], proof.path.prefix { $0 != "/" }) { return 1 }
        guard isSame(fields["repository"], proof.path) else { return nil }
        guard let environment = fields["environment"] else { return 2 }
        return !proof.part.isEmpty && isSame(environment, proof.part) ? 3 : nil
    }

    private static let project = 1 << 40
    private static let group = 1 << 20

    /// The project's over the nearest group's over the instance's, and in one place the most exact scope.
    private func gitlab(_ fields: [String: String]) -> Int? {
        let scope = fields["environment-scope"] ?? "*"
        guard scope == "*" || !proof.part.isEmpty && Self.matches(proof.part, scope) else { return nil }
        // An environment's own name over every pattern; of patterns the one that says more.
        let exactness = scope == proof.part ? 1_000 : min(scope.utf8.count(where: { $0 != UInt8(ascii: "*") }), 999)
        if let project = fields["project"] { return isSame(project, proof.path) ? Self.project + exactness : nil }
        if let group = fields["group"] {
            guard proof.path.lowercased().hasPrefix("\(group.lowercased())/") else { return nil }
            return Self.group * group.split(separator: "/").count + exactness
        }
        return fields["instance"] == nil ? nil : exactness
    }

    /// A branch's own over those of all branches.
    private func travis(_ fields: [String: String]) -> Int? {
        guard isSame(fields["repository"], proof.path) else { return nil }
        guard let branch = fields["branch"] else { return 1 }
        return branch == proof.part ? 2 : nil
    }

    /// Whether a name fits a scope, in which `*` is any text.
    static func matches(_ name: String, _ scope: String) -> Bool {
        let parts = scope.split(separator: "*", omittingEmptySubsequences: false)
        guard let first = parts.first, let last = parts.last, parts.count > 1 else { return name == scope }
        guard name.utf8.count >= first.utf8.count + last.utf8.count, name.hasPrefix(first), name.hasSuffix(last) else {
            return false
        }
        var rest = name.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
