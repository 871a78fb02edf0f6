internal import FileTrust
internal import FoundationEssentials

/// An example pusher, installed with keyturn, made into the beginning of another.
package struct PluginTemplate {
    package enum Language: String, CaseIterable, Sendable {
        case c, swift, rust, go
    }

    let language: Language
    let name: String
    let installation: Installation

    package init(language: Language, name: String, installation: Installation) {
        (self.language, self.name, self.installation) = (language, name, installation)
    }

    /// The Swift module: a word of its own, whatever other modules are called.
    package var module: String { name.split(separator: "-").map(\.capitalized).joined() + "Pusher" }

    /// Writes every file.
    ///
    /// - Returns: their paths below the directory.
    package func write(to directory: String) throws -> [String] {
        let files = FileManager.default
        if let found = try? files.contentsOfDirectory(atPath: directory), !found.isEmpty {
            throw OperationFailure(.failed, "\(directory) is not empty; nothing was written")
        }
        var written = try copy(from: "\(installation.templates)/\(language.rawValue)", to: directory, changing: true)
        let header = "include/keyturn_pusher.h"
        switch language {
        case .c, .go:
            try put(try read("\(installation.prefix)/\(header)"), to: "\(directory)/\(header)")
            written.append(header)
        case .swift:
            let kit = try copy(from: installation.kit, to: "\(directory)/plugin-sdk", changing: false)
            written += kit.map { "plugin-sdk/\($0)" }
        case .rust: break
        }
        try SigningKey.make("\(directory)/\(Self.signingKey)")
        written.append(Self.signingKey)
        return written.sorted()
    }

    /// The private key that its packages are signed with: `.gitignore` has it.
    private static let signingKey = "signing.key"

    private func copy(from source: String, to directory: String, changing: Bool) throws -> [String] {
        guard let found = try? FileManager.default.subpathsOfDirectory(atPath: source), !found.isEmpty else {
            throw OperationFailure(
                .failed, "\(source) is missing: the installation is not complete (`make install` makes it)")
        }
        var written: [String] = []
        for path in found.sorted() {
            var isDirectory = false
            _ = FileManager.default.fileExists(atPath: "\(source)/\(path)", isDirectory: &isDirectory)
            if isDirectory { continue }
            let data = try read("\(source)/\(path)")
            // `make install` of keyturn leaves out files that are called .gitignore.
            let target = path == "gitignore" ? ".gitignore" : changing ? changed(path) : path
            try put(
                changing ? Data(changed(String(decoding: data, as: UTF8.self)).utf8) : data,
                to: "\(directory)/\(target)")
            written.append(target)
        }
        return written
    }

    /// A path or a text of the example, as it is in the new pusher.
    private func changed(_ text: String) -> String {
        text.replacing("vault-kv", with: name)
            .replacing("VaultKV", with: module)
            .replacing(".package(path: \"../..\")", with: ".package(path: \"plugin-sdk\")")
            .replacing("DIRECTORY ?= /usr/local/lib/keyturn/pushers", with: Self.directory)
            .replacing("all:\n\t$(BUILD)\n", with: Self.build)
    }

    /// Where a makefile installs to: next to the keyturn that `KEYTURN` or the path names. With the path of this installation it would
    /// be wrong on the machine of another.
    private static let directory = """
        FOUND = $(shell readlink -f "$$(command -v $(KEYTURN))")
        DIRECTORY ?= $(or $(patsubst %/bin/keyturn,%/lib/keyturn/pushers,$(FOUND)),$(error $(KEYTURN) is not found: give its path as KEYTURN))
        """

    /// What Swift keeps of a build has the path of its directory in it, and is useless in another.
    private static let build = """
        all:
        \t@[ "$$(cat .build/place 2>/dev/null)" = "$(CURDIR)" ] || rm -rf .build
        \t$(BUILD)
        \t@echo "$(CURDIR)" > .build/place

        """

    private func read(_ path: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw OperationFailure(.failed, "\(path) is missing or cannot be read: the installation is not complete")
        }
        return data
    }

    private func put(_ data: Data, to path: String) throws {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            // A plugin is not loaded from where others can write, whatever the umask is.
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755])
            try data.write(to: URL(fileURLWithPath: path))
        } catch { throw OperationFailure(.failed, "\(path) cannot be written: \(FileFailure.reason(error))") }
    }
}
