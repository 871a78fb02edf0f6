internal import ArgumentParser
internal import Operations

struct UsesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uses",
        abstract: "Show who used a user's old key since its successor was delivered.",
        discussion: """
            Ask IAM for the last use of the key, and CloudTrail's event history for the events that were signed with it, in the \
            configured region, the region of the last use and the partition's global one (iam:GetAccessKeyLastUsed, \
            cloudtrail:LookupEvents: two requests a second, 90 days). With --cloudtrail, read log files instead, and ask AWS \
            for nothing. Group the uses by program, address and service.

            Silence proves nothing: events arrive up to 15 minutes late, and CloudTrail records reads and writes of data (S3 \
            objects, DynamoDB items, Lambda invocations) only where a trail was set up for them. Changes nothing.

            Times are moments such as 2026-11-22T10:00:00Z, days such as 2026-11-22 (they begin at midnight, UTC), or durations \
            such as 6h, counted back from now.
            """)

    @OptionGroup var one: OneUser

    @Option(help: ArgumentHelp("The key. Default: the old key, which is being retired.", valueName: "key-id"))
    var key: String?

    @Option(
        help: ArgumentHelp("Show uses from then on. Default: when every target had the successor.", valueName: "time"))
    var since: String?

    @Option(
        help: ArgumentHelp(
            "Read the log files of CloudTrail below this directory (.json.gz, .json) instead of asking AWS.",
            valueName: "directory"),
        completion: .directory)
    var cloudtrail: String?

    @Option(help: ArgumentHelp("Look through this region, too; may be given several times.", valueName: "name"))
    var region: [String] = []

    @Option(
        help: ArgumentHelp(
            "Whose addresses are whose: lines of CIDR and name, or GitHub's list (GET /meta); may be given several times.",
            valueName: "file"), completion: .file())
    var ranges: [String] = []

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let since, Moment.boundary(since, now: Moment.now) == nil {
            throw ValidationError(
                "--since must be a moment such as 2026-11-22T10:00:00Z, a day such as 2026-11-22, or a duration such as 6h"
            )
        }
        if cloudtrail != nil, !region.isEmpty {
            throw ValidationError("--region is for CloudTrail's event history: it cannot be combined with --cloudtrail")
        }
    }

    func run() async throws {
        var query = Uses.Query()
        (query.key, query.directory, query.regions, query.ranges) = (key, cloudtrail, region, ranges)
        query.since = since.flatMap { Moment.boundary($0, now: Moment.now) }
        let document = try await Uses(OperationContext(options)).run(one.user, query)
        if options.json {
            try JSONOutput.print(document)
        } else {
            let terminal = Terminal(options)
            terminal.write(UsesText(document: document, terminal: terminal, isVerbose: options.verbose).text)
        }
        try FinishedWith.check(document.sources.contains { !$0.problems.isEmpty } ? .failed : .done)
    }
}
