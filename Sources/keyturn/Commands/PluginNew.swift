internal import ArgumentParser
internal import JSON
internal import Operations

struct PluginNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a new pusher that builds, passes its tests and delivers.",
        discussion: """
            It writes to HashiCorp Vault's key-value store at first, so that there is something to change step by step. \
            `make` builds it, `make check` tries it, `make pack` makes a signed package, `make install` installs it. Nothing of keyturn's \
            sources is needed. The key that packages are signed with is signing.key, mode 0600, which .gitignore has; \
            .github/workflows/plugin.yml builds, checks and packs the pusher on GitHub.
            """)

    @Argument(help: "The pusher's ID: lower-case letters, digits and dashes; it begins with a letter.")
    var name: String

    @Option(name: .customLong("lang"), help: "c, swift, rust or go.")
    var language: PluginTemplate.Language

    @Option(
        help: ArgumentHelp("Where to make it. Default: a directory of the pusher's name, here.", valueName: "dir"))
    var directory: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard name.count <= 64, (try? Regex("[a-z][a-z0-9]*(-[a-z0-9]+)*").wholeMatch(in: name)) != nil else {
            throw ValidationError(
                "`\(name)` is not a pusher ID: lower-case letters, digits and single dashes, at most 64 characters; it begins with a letter and ends with a letter or a digit, such as my-ci"
            )
        }
        if let reason = PluginTemplate.reason(against: name, .current) {
            throw ValidationError(
                "`\(name)` cannot be the ID of a new pusher: \(reason); choose another, such as my-\(name)")
        }
    }

    func run() throws {
        let place = directory ?? name
        let context = OperationContext(options)
        let template = PluginTemplate(language: language, name: name, installation: context.installation)
        let files = try template.write(to: place)
        if options.json {
            let list = JSONValue.array(files.map { .string($0) })
            return JSONOutput.print(JSONValue.object(["directory": .string(place), "files": list]))
        }
        let keyturn = PluginTemplate.isOnPath(context) ? "" : " KEYTURN=\(context.installation.prefix)/bin/keyturn"
        let source =
            switch language {
            case .c: "vault.c"
            case .swift: "Sources/\(template.module)/Client.swift"
            case .rust: "src/vault.rs"
            case .go: "vault.go"
            }
        Terminal(options).write(
            """
            made \(place): \(files.count) files

              cd \(place)
              make          # builds it
              make check\(keyturn)    # checks it against the rules of the ABI, and delivers a rotation to a stand-in

            Then change \(source), manifest.json and conformance.json; README.md says what is where.
            `make pack` makes the package that operators install, signed with signing.key: keep that file, and keep it secret.

            """)
    }
}

extension PluginTemplate.Language: ExpressibleByArgument {}
