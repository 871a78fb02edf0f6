import PusherKit

/// What may hold keys: the secrets whose names begin with a prefix. The list shows names and times; what the secrets hold, AWS shows
/// twenty at a time, where the identity may read them. In the pusher's own region alone.
extension AWSSecretsManager {
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let lister = Lister(prefix: scope.name == "*" ? "" : scope.name)
        let (secrets, isWhole) = try lister.secrets(call: call)
        let (values, failure) = try lister.values(of: secrets.filter { $0.isReadable }, call: call)
        var hidden = 0
        var unread: [ListedSecret] = []
        for secret in secrets {
            switch values[secret.arn] {
            case .text(let value): report(FoundDocument.found(in: value, named: secret.name), secret, finder)
            case .binary: break
            case nil:
                unread.append(secret)
                if secret.isReadable { hidden += 1 }
            }
        }
        report(byName: unread, finder)
        if hidden > 0 {
            try finder.gap("values of \(hidden) secrets of \(lister.place)", failure ?? Lister.unread)
        }
        guard !isWhole else { return }
        try finder.gap(
            "secrets of \(lister.place) past the first \(secrets.count)",
            PushFailure(.unsupported, "there are more than one call may ask for: name longer prefixes"))
    }

    private func report(_ documents: [FoundDocument], _ secret: ListedSecret, _ finder: borrowing Finder) {
        for document in documents {
            let own = document.fields
            var found = FoundPlace(
                oneLine(secret.place, limit: 290), own.isEmpty || !secret.isWritable ? [] : secret.fields + own,
                keyID: document.keyID, changedAt: secret.changedAt)
            found.names = document.names
            found.state = secret.state
            finder.report(found)
        }
    }

    /// Of a secret whose value cannot be read the last part of its name may speak for a key.
    private func report(byName secrets: [ListedSecret], _ finder: borrowing Finder) {
        for secret in secrets where !keyEntries([ListedName(secret.lastName)]).isEmpty {
            var found = FoundPlace(
                oneLine(secret.place, limit: 290), secret.isWritable ? secret.fields : [], keyID: nil,
                changedAt: secret.changedAt)
            found.names = [secret.name]
            found.state = secret.state
            finder.report(found)
        }
    }
}
