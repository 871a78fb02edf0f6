import CFiles
import PusherKit

/// What may hold keys: credentials files and dotenv files below a folder. Links are never followed, so nothing outside of the folder is
/// read whatever is in it.
extension File {
    func find(below scope: Scope, _ finder: borrowing Finder, call: borrowing Call) throws(PushFailure) {
        let root = scope.name.count > 1 && scope.name.hasSuffix("/") ? String(scope.name.dropLast()) : scope.name
        var walk = try Walk(root)
        while let path = try walk.next(finder, call: call) {
            let read: (bytes: SecretBytes, changedAt: String)? = try finder.seen(path.text) { () throws(PushFailure) in
                try walk.read(path)
            }
            if let read { report(read.bytes, path, read.changedAt, finder) }
        }
        for gap in walk.gaps { try finder.gap(gap.part, gap.failure) }
    }

    private func report(_ file: SecretBytes, _ path: Walk.Path, _ time: String, _ finder: borrowing Finder) {
        var shown: [String] = []
        func report(
            _ fields: [(name: String, value: String)], _ names: [String], _ keyID: String?, profile: String? = nil
        ) {
            let place = path.text + (profile.map { " (profile \($0))" } ?? "")
            var found = FoundPlace(
                oneLine(place, limit: 290), fields.isEmpty || !path.isText ? [] : [("path", path.text)] + fields,
                keyID: keyID, changedAt: time)
            found.names = names
            finder.report(found)
            if let keyID { shown.append(keyID) }
        }
        for profile in CredentialsFile.profiles(in: file) {
            // As in a target, where no profile means that one.
            let own = profile.name == "default" ? [] : [(name: "profile", value: profile.name)]
            report(
                [("format", "credentials")] + own,
                ["aws_access_key_id", "aws_secret_access_key"], profile.keyID, profile: profile.name)
        }
        guard shown.isEmpty else { return }
        for entry in keyEntries(Dotenv.listed(in: file, changedAt: time)) {
            var fields = [(name: "format", value: "dotenv")]
            if let name = entry.keyID?.name { fields.append(("access-key-id", name)) }
            if let name = entry.secret?.name { fields.append(("secret-access-key", name)) }
            report(entry.isFile ? [] : fields, entry.names, entry.accessKeyID)
        }
        // In a comment, or in a file of another format: no target can be that.
        for keyID in file.accessKeyIDs where !shown.contains(keyID) { report([], [path.name], keyID) }
    }
}

extension Dotenv {
    /// The variables of a file for `keyEntries`; none where it is not a file of variables.
    static func listed(in file: SecretBytes, changedAt: String) -> [ListedName] {
        file.withBytes { bytes in
            (DotenvEntry.entries(of: bytes) ?? []).map { entry in
                ListedName(
                    String(decoding: entry.name, as: UTF8.self), value: entry.plainValue(in: bytes),
                    changedAt: changedAt)
            }
        }
    }
}
