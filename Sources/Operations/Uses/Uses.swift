internal import AWS
internal import Configuration
internal import Engine
internal import FoundationEssentials
internal import Journal
package import Rotation

/// Who used a user's old key since its successor was delivered: what holds a rotation up with `still-used`. Changes nothing.
package struct Uses {
    /// What is asked for.
    package struct Query: Sendable {
        /// nil: the old key, else the current one.
        package var key: String?
        /// nil: when the key's successor was delivered everywhere.
        package var since: Timestamp?
        /// A directory with log files of CloudTrail, in place of its event history.
        package var directory: String?
        /// Regions to look through besides the configured one and the one of the last use.
        package var regions: [String] = []
        /// Files with address ranges.
        package var ranges: [String] = []

        package init() {}
    }

    /// CloudTrail keeps its event history for so long.
    private static let eventHistory: Duration = .seconds(90 * 86_400)
    /// Events of one region that are read: at two pages a second that is a quarter of an hour.
    private static let mostEvents = 90_000
    /// Files of a directory, and bytes of a file with ranges.
    private static let mostFiles = 1_000_000
    private static let rangesLimit = 64 << 20
    /// IAM's own events, and those of STS without a region, are kept there.
    private static let globalRegions = ["aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"]

    private let loaded: LoadedConfiguration
    private let state: StateAccess

    package init(_ context: OperationContext) async throws {
        (loaded, state) = try await LoadedConfiguration.recalled(context, for: .looking)
    }

    package func run(_ name: String, _ query: Query) async throws -> UsesDocument {
        let user = try loaded.select([name])[0]
        let now = loaded.context.clock.now
        guard let rotation = try await state.records()[name]?.rotation else {
            throw OperationFailure(.failed, "keyturn has not looked at \(name) yet; `keyturn step \(name)` does")
        }
        guard let key = query.key.map({ AccessKeyID($0) }) ?? (rotation.previous ?? rotation.current)?.id else {
            throw OperationFailure(.failed, "\(name) has no key that keyturn knows of; name one with --key")
        }
        let since = try await beginning(query.since, key, of: name, rotation)
        var ranges = AddressRanges()
        for file in query.ranges { try add(file, to: &ranges) }
        var document = UsesDocument(
            user: name, key: key.rawValue, since: Moment.text(since), until: Moment.text(now), sources: [], uses: [])
        var groups = UseGroups()
        if let directory = query.directory {
            document.sources = [try read(directory, key, since, &groups)]
        } else {
            try await ask(user, key, since, now, query.regions, &document, &groups)
        }
        document.uses = groups.list(ranges)
        return document
    }

    /// When the key's successor was delivered; where that is not known, the last day.
    private func beginning(
        _ given: Timestamp?, _ key: AccessKeyID, of user: String, _ rotation: Rotation
    ) async throws -> Timestamp {
        if let given { return given }
        guard key == rotation.previous?.id else {
            throw OperationFailure(
                .usage,
                "\(key) has no successor that was delivered, so `uses` does not know where to begin: give --since, such as --since 1d"
            )
        }
        var filter = HistoryFilter(limit: .max)
        filter.user = user
        let journal = try await state.read()
        do throws(JournalError) {
            let lines = try await journal.history(filter)
            // The first time: what was pushed again after a drift is delivered a second time.
            let delivered = lines.first { $0.rotation == rotation.number && $0.note.kind == .allDelivered }
            return delivered?.at ?? rotation.phaseSince
        } catch { throw OperationFailure(error) }
    }

    private func add(_ file: String, to ranges: inout AddressRanges) throws {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8), text.utf8.count <= Self.rangesLimit else {
            throw OperationFailure(.failed, "\(file): the file with address ranges cannot be read, or is not UTF-8")
        }
        do throws(AddressRanges.Failure) { try ranges.add(text, file: file) } catch {
            throw OperationFailure(.failed, error.message)
        }
    }

    /// Every file below the directory whose name is one of CloudTrail's.
    private func read(
        _ directory: String, _ key: AccessKeyID, _ since: Timestamp, _ groups: inout UseGroups
    ) throws -> UsesDocument.Source {
        var source = UsesDocument.Source(name: directory, records: 0, hasMore: false, problems: [])
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory) else {
            throw OperationFailure(.failed, "there is no directory \(directory)")
        }
        let files =
            isDirectory
            ? (try? FileManager.default.subpathsOfDirectory(atPath: directory))?.map { "\(directory)/\($0)" } ?? []
            : [directory]
        let logs = files.filter { $0.hasSuffix(".json.gz") || $0.hasSuffix(".json") }.sorted()
        guard !logs.isEmpty else {
            throw OperationFailure(
                .failed, "\(directory) has no log files of CloudTrail: none ends in .json.gz or .json")
        }
        source.hasMore = logs.count > Self.mostFiles
        for path in logs.prefix(Self.mostFiles) {
            do throws(CloudTrailFile.Failure) {
                source.records += try CloudTrailFile(path: path, key: key).read { record in
                    if let use = KeyUseRecord(record, key: key), use.at >= since { groups.take(use) }
                }
            } catch {
                let reason =
                    switch error {
                    case .unreadable(let reason): reason
                    case .notCloudTrail: "it is not a whole log file of CloudTrail"
                    }
                source.problems.append("\(path): \(reason)")
            }
        }
        return source
    }

    private func ask(
        _ user: ConfiguredUser, _ key: AccessKeyID, _ since: Timestamp, _ now: Timestamp, _ regions: [String],
        _ document: inout UsesDocument, _ groups: inout UseGroups
    ) async throws {
        let factory = ServiceFactory(loaded)
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let accounts = factory.makeAccounts(http)
        let account = loaded.account(of: user)
        let use: LastUse?
        do throws(AWSError) { use = try await accounts.iam(account).lastUse(of: key) } catch {
            throw OperationFailure(
                ExitStatus(error), "\(error.description). `uses` asks IAM for the last use of \(key) first")
        }
        document.lastUsed = use.map { .init(at: Moment.text($0.at), service: $0.service, region: $0.region) }
        let global = Self.globalRegions[account.partition.rawValue] ?? account.region
        var places: [String] = []
        for region in [account.region, use?.region ?? "", global] + regions
        where !region.isEmpty && !places.contains(region) {
            places.append(region)
        }
        let clock = loaded.context.clock
        for region in places {
            var place = account
            place.region = region
            let trail = CloudTrail(
                account: place, source: accounts.credentials(of: account), http: accounts.http,
                environment: loaded.environment, clock: accounts.clock
            ) { await clock.sleep(until: clock.now + $0) }
            var source = UsesDocument.Source(name: region, records: 0, hasMore: false, problems: [])
            var found: [KeyUseRecord] = []
            do throws(AWSError) {
                source.hasMore = try await trail.events(
                    signedWith: key, since: max(since, now - Self.eventHistory), until: now, most: Self.mostEvents
                ) { record in
                    source.records += 1
                    if let use = KeyUseRecord(record, key: key) { found.append(use) }
                }
            } catch { source.problems.append(error.description) }
            found.forEach { groups.take($0) }
            document.sources.append(source)
        }
    }
}
