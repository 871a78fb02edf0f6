import PusherKit

/// Where else the key of a target may be: other variables of the place, and what the repository's owner has, which jobs see as well.
extension Forgejo {
    /// More variables than that are not read one by one.
    private static let mostReads = 50

    func neighbours(of target: Target, call: borrowing Call) throws(PushFailure) -> [FoundPlace] {
        var found = try variables(of: target.place, target, call: call)
        guard case .repository(let owner, _) = target.place else { return found }
        let above = Place.organization(owner)
        // Who may write a repository need not be an owner of the organization, and an owner may be a user: what cannot be seen is
        // not reported.
        found += (try? variables(of: above, target, call: call)) ?? []
        let names = target.items.filter { !$0.isVariable }.map { $0.name }
        for secret in (try? client.secrets(of: above, for: target, call: call)) ?? [] {
            guard let first = names.first, isSameName(secret.name, first) else { continue }
            found.append(
                FoundPlace(
                    oneLine("\(above.description), secret \(secret.name)"),
                    above.fields + target.shape.fields(secret.name),
                    keyID: nil))
        }
        return found
    }

    private func variables(
        of place: Place, _ target: Target, call: borrowing Call
    ) throws(PushFailure) -> [FoundPlace] {
        let own = target.items[0]
        let isOwnPlace = place.description == target.place.description
        var found: [FoundPlace] = []
        for listed in try client.variables(of: place, for: target, call: call).prefix(Self.mostReads) {
            let isOwn = own.isVariable && isSameName(listed.name, own.name)
            guard !(isOwnPlace && isOwn) else { continue }
            // The list of a repository of older ones leaves values out.
            let read =
                listed.data.count > 0
                ? listed : (try? client.variable(listed.name, of: place, for: target, call: call)) ?? listed
            let fields =
                place.fields + [
                    (name: "shape", value: "pair"), (name: "key-id-as", value: "variable"),
                    (name: "access-key-id", value: listed.name),
                ]
            let name = oneLine("\(place.description), variable \(listed.name)")
            found += read.data.accessKeyIDs.map { FoundPlace(name, fields, keyID: $0) }
        }
        return found
    }
}

extension PairShape {
    /// The fields of a target of this shape that writes that secret.
    func fields(_ name: String) -> [(name: String, value: String)] {
        switch self {
        case .pair: [("shape", "pair"), ("key-id-as", "secret"), ("access-key-id", name)]
        case .credentialsFile: [("shape", "credentials-file"), ("credentials-file", name)]
        }
    }
}
