internal import Configuration
internal import FoundationEssentials
internal import JSON
internal import JSONSchema
internal import PlainText
internal import PusherHost

/// Makes files of users from what `keyturn find` printed, or from another rotator's configuration. Files of a person's are never
/// touched.
package struct Import {
    /// What would be written, and what not.
    package struct Plan: Encodable, Sendable {
        package struct File: Encodable, Sendable {
            package var path: String
            /// What is there now; nil: nothing.
            package var old: String?
            package var new: String
        }

        /// Those that change.
        package var files: [File] = []
        /// Targets that they add.
        package var added = 0
        /// What becomes no target, each with the reason.
        package var leftOut: [String] = []
        /// What a person has to do.
        package var todo: [String] = []

        private enum CodingKeys: String, CodingKey {
            case files, added, todo
            case leftOut = "left-out"
        }
    }

    /// The largest file, in bytes.
    private static let sizeLimit = 64 << 20

    private let context: OperationContext
    private let loaded: LoadedConfiguration
    private let directory: String
    /// As `include` names it.
    private let pattern: String

    /// - Parameter directory: where the files go, relative to the configuration.
    package init(_ context: OperationContext, directory: String) throws {
        self.context = context
        loaded = try LoadedConfiguration(context)
        let base = URL(fileURLWithPath: loaded.file).deletingLastPathComponent().path
        self.directory = directory.hasPrefix("/") ? directory : "\(base)/\(directory)"
        pattern = "\(directory)/*.yaml"
    }

    /// Reads the file, and says what would be written.
    package func plan(_ path: String) throws -> Plan {
        var plan = Plan()
        let file = try read(path)
        plan.leftOut = file.leftOut
        var files: [String: UserFile] = [:]
        var old: [String: String] = [:]
        for target in file.targets { take(target, &files, &old, &plan) }
        for (user, made) in files.sorted(by: { $0.key < $1.key }) where made.text != old[user] {
            plan.files.append(.init(path: self.path(of: user), old: old[user], new: made.text))
        }
        let isIncluded = loaded.configuration.includes(self.path(of: "x"))
        if !plan.files.isEmpty, !isIncluded {
            plan.todo.append("add `include: [\(pattern)]` to \(loaded.file): without it the files are not read")
        }
        return plan
    }

    /// Writes the files, and reads the configuration with them; where it cannot be used, every file is as it was.
    package func write(_ plan: Plan) throws {
        let files = FileManager.default
        do {
            try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for file in plan.files {
                try Data(file.new.utf8).write(to: URL(fileURLWithPath: file.path), options: .atomic)
            }
            _ = try LoadedConfiguration(context)
        } catch {
            for file in plan.files {
                if let old = file.old {
                    try? Data(old.utf8).write(to: URL(fileURLWithPath: file.path), options: .atomic)
                } else {
                    try? files.removeItem(atPath: file.path)
                }
            }
            let status = (error as? OperationFailure)?.status ?? .failed
            throw OperationFailure(
                status,
                Sentences.joined(
                    OperationFailure.words(error), "Nothing was changed: all files in \(directory) are as they were"))
        }
    }

    private func path(of user: String) -> String {
        // A pattern does not find names that begin with a dot.
        "\(directory)/\(user.hasPrefix(".") ? "_" : "")\(user).yaml"
    }

    // MARK: Reading

    private func read(_ path: String) throws -> ImportedFile {
        guard let data = FileManager.default.contents(atPath: path), data.count <= Self.sizeLimit,
            let text = String(validating: data, as: UTF8.self)
        else { throw OperationFailure(.failed, "\(path): it cannot be read, is not UTF-8, or has more than 64 MiB") }
        do throws(ImportFailure) { return try Self.parse(text, path) } catch {
            throw OperationFailure(
                .failed,
                Sentences.joined(
                    "\(path):\(error.line.map { "\($0):" } ?? "") \(error.message)", "Nothing was written"))
        }
    }

    private static func parse(_ text: String, _ path: String) throws(ImportFailure) -> ImportedFile {
        if let json = try? JSONValue(parsing: text), let object = json.object {
            if object["find"] != nil { return try ImportedFile(find: text) }
            if object.keys.contains(where: { $0.lowercased() == "accountkeylocations" }) {
                return ImportedFile(cloudKeyRotator: json)
            }
        }
        let first = text.prefix { !$0.isNewline }.lowercased()
        if first.contains("pusher"), first.contains("standing") || first.contains("user") {
            return try ImportedFile(csv: text)
        }
        if let json = try? Configuration.json(ofYAML: text, file: path), let object = json.object {
            if object["secrets"]?.array != nil { return ImportedFile(rotator: json) }
            if object.keys.contains(where: { $0.lowercased() == "accountkeylocations" }) {
                return ImportedFile(cloudKeyRotator: json)
            }
        }
        throw ImportFailure(
            message: "it is none of what is imported: the CSV or JSON of `keyturn find`, the configuration of "
                + "cloud-key-rotator, or that of CZI's rotator")
    }

    // MARK: Targets

    private func take(
        _ target: ImportedTarget, _ files: inout [String: UserFile], _ old: inout [String: String], _ plan: inout Plan
    ) {
        let shown =
            "\(target.user), \(target.pusher) \(target.fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))"
        guard target.user.wholeMatch(of: #/[A-Za-z0-9+=,.@_-]{1,64}/#) != nil else {
            return plan.leftOut.append("\(shown): the user's name is not an IAM user name")
        }
        guard let pusher = pusher(target.pusher), let manifest = loaded.plugins[pusher.plugin]?.manifest else {
            return plan.leftOut.append(
                "\(shown): \(loaded.file) has no pusher \(target.pusher): add one, and import again")
        }
        guard TargetFields.fit(target.fields, manifest.target) else {
            return plan.leftOut.append("\(shown): the fields do not fit the plugin \(pusher.plugin)")
        }
        let fields = plain(target.fields, manifest)
        let path = path(of: target.user)
        if files[target.user] == nil, let text = FileManager.default.contents(atPath: path) {
            old[target.user] = String(decoding: text, as: UTF8.self)
            files[target.user] = UserFile(old[target.user] ?? "")
        }
        let isElsewhere = loaded.users.contains { $0.userName == target.user && files[target.user] == nil }
        guard !isElsewhere, files[target.user] != nil || old[target.user] == nil else {
            let place = old[target.user] == nil ? loaded.file : path
            return plan.todo.append(
                "\(target.user) is in a file of yours: add to its targets in \(place):\n"
                    + UserFile.entry(fields, pusher: pusher.name))
        }
        let before = files[target.user] ?? UserFile(user: target.user, settings: target.settings)
        let after = before.adding(fields, pusher: pusher.name, why: target.why)
        if after.body != before.body { plan.added += 1 }
        files[target.user] = after
    }

    /// By its name, or where the file names a plugin, the one that uses it.
    private func pusher(_ name: String) -> ConfiguredPusher? {
        loaded.pushers.first { $0.name == name } ?? loaded.pushers.first { $0.plugin == name }
    }

    /// Without what is the default.
    private func plain(_ fields: [String: String], _ manifest: Manifest) -> [String: JSONValue] {
        TargetFields.typed(fields, manifest.target).filter { name, value in
            manifest.target.properties[name]?["default"] != value
                && ![("access-key-id", "AWS_ACCESS_KEY_ID"), ("secret-access-key", "AWS_SECRET_ACCESS_KEY")].contains {
                    $0.0 == name && value == .string($0.1)
                }
        }
    }
}
