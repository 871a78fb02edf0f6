internal import ArgumentParser
internal import Operations

struct PluginRollbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Bring back the version of a plugin that the last upgrade replaced.",
        discussion: """
            The version before is kept next to the plugins, with its pin. It gets the grants that it had, but none that was taken from the \
            version which replaced it. The replaced version is kept in turn: a second rollback brings that back.
            """)

    @Argument(help: "The plugin's ID, as `keyturn plugin list` shows it.")
    var id: String

    @OptionGroup var place: PluginPlaceOptions
    @OptionGroup var options: GlobalOptions

    func run() throws {
        let rollback = try PluginRollback(
            OperationContext(options), id: id, directory: place.directory, lock: place.lock)
        let change = rollback.change
        let isWanted = try place.confirm(change, options, "Go back to \(change.id) \(change.version.value)?")
        if isWanted { try rollback.run() }
        place.report(change, isWritten: isWanted, options, "Went back to")
    }
}

struct PluginRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an installed plugin, its former version and its pin.",
        discussion: """
            Refused while a pusher in the configuration uses the plugin. keyturn.lock still trusts its signer, from the removed version on, \
            so that no older version is installed later; --forget-signer ends that.
            """)

    @Argument(help: "The plugin's ID, as `keyturn plugin list` shows it.")
    var id: String

    @Flag(help: "Also forget who signs the plugin, and the lowest version that is taken.")
    var forgetSigner = false

    @OptionGroup var place: PluginPlaceOptions
    @OptionGroup var options: GlobalOptions

    func run() throws {
        let removal = try PluginRemoval(
            OperationContext(options), id: id, directory: place.directory, lock: place.lock, forgetsSigner: forgetSigner
        )
        let name = [id, removal.version].compactMap(\.self).joined(separator: " ")
        let terminal = Terminal(options)
        let isSilent = options.json || options.quiet
        if !isSilent {
            if let directory = removal.directory { terminal.write("files   \(directory)\n") }
            terminal.write("pin     \(removal.lock)\n")
            terminal.write("signer  \(removal.keepsSigner ? "stays trusted" : "not trusted any more")\n")
        }
        let isWanted = place.dryRun ? false : try place.ask("Remove \(name)?", options)
        if isWanted { try removal.run() }
        if options.json { return JSONOutput.print(removal.json(isWritten: isWanted)) }
        if !isSilent { terminal.write(isWanted ? "Removed \(name).\n" : "Nothing was changed.\n") }
    }
}
