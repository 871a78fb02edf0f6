import PusherKit

/// What may hold keys: the parameters below a path. Those of type String are in the clear; of a SecureString the value is searched where
/// the identity may decrypt it, else the name alone may speak for a key. In the pusher's own region alone.
extension AWSParameterStore {
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let path = scope.name.hasPrefix("/") ? scope.name : "/\(scope.name)"
        let lister = Lister(path: path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path)
        let (list, failure) = try lister.parameters(call: call)
        for folder in list.folders {
            // Two parameters may be the two parts of a pair, so the names of one folder are looked at together.
            report(folder.filter { !$0.isDocument }, finder)
            for parameter in folder where parameter.isDocument { report(parameter, finder) }
        }
        let hidden = list.parameters.count { $0.value == nil }
        if hidden > 0, let failure {
            try finder.gap("values of \(hidden) parameters below \(lister.path)", failure)
        }
        guard !list.isWhole else { return }
        try finder.gap(
            "parameters below \(lister.path) past the first \(list.parameters.count)",
            PushFailure(.unsupported, "there are more than one call may ask for: name paths further down"))
    }

    private func report(_ parameter: ListedParameter, _ finder: borrowing Finder) {
        guard let value = parameter.value else { return }
        for document in FoundDocument.found(in: value, named: parameter.name) {
            // A push refuses every type but that one.
            let own = parameter.isSecure ? document.fields : []
            var found = FoundPlace(
                oneLine(parameter.place, limit: 290), own.isEmpty ? [] : parameter.fields + own, keyID: document.keyID,
                changedAt: parameter.changedAt)
            found.names = document.names
            found.state = parameter.isSecure ? "" : "not a SecureString"
            finder.report(found)
        }
    }

    /// Parameters that are no documents: a key ID by itself, or one whose value cannot be seen.
    private func report(_ parameters: [ListedParameter], _ finder: borrowing Finder) {
        let listed = parameters.map { parameter in
            parameter.value.map { ListedName(parameter.lastName, value: $0, changedAt: parameter.changedAt) }
                ?? ListedName(parameter.lastName, changedAt: parameter.changedAt)
        }
        for entry in keyEntries(listed) {
            let own = parameters.filter { entry.names.contains($0.lastName) }
            guard let first = own.first else { continue }
            // A push writes both parts into one parameter, so a pair of two is not a target. One that cannot be seen may be a whole.
            let isOne = entry.isFile && first.isSecure
            var found = FoundPlace(
                oneLine(own.map { $0.name }.joined(separator: ", ") + first.inRegion, limit: 290),
                isOne ? first.fields : [], keyID: entry.accessKeyID, changedAt: first.changedAt)
            found.names = own.map { $0.name }
            finder.report(found)
        }
    }
}
