public import HTTP
public import JSON
public import Rotation

/// CloudTrail's event history of one region: who did what in the last 90 days, as far as it is a management event.
///
/// By botocore's model `cloudtrail/2013-11-01`: two requests a second for each account and region, 50 events a page.
public struct CloudTrail: Sendable {
    /// Events of a page.
    private static let pageSize: Int64 = 50
    /// Between two requests, so that the account's other readers are not throttled.
    private static let spacing: Duration = .milliseconds(500)
    private static let responseLimit = 4 << 20

    private let client: JSONClient
    private let sleep: @Sendable (Duration) async -> Void

    /// - Parameters:
    ///   - account: with which settings AWS is asked; its region is the one that is looked through.
    ///   - source: credentials.
    ///   - environment: for `AWS_ENDPOINT_URL` and its like.
    ///   - clock: what is known of AWS's clock.
    ///   - sleep: waits between two requests.
    public init(
        account: Account, source: any CredentialSource, http: HTTPClient, environment: [String: String],
        clock: AWSClock = AWSClock(), sleep: @escaping @Sendable (Duration) async -> Void
    ) {
        client = JSONClient(
            .cloudTrail, account: account, source: source, http: http, environment: environment, clock: clock)
        self.sleep = sleep
    }

    /// LookupEvents: the events that were signed with an access key, newest first.
    ///
    /// - Parameters:
    ///   - most: no more of them are read.
    ///   - take: is given each event's record.
    /// - Returns: whether there are more than that.
    public func events(
        signedWith key: AccessKeyID, since: Timestamp, until: Timestamp, most: Int, take: (JSONValue) -> Void
    ) async throws(AWSError) -> Bool {
        var (token, count) = (String?.none, 0)
        repeat {
            var input: [String: JSONValue] = [
                "LookupAttributes": .array([
                    .object(["AttributeKey": .string("AccessKeyId"), "AttributeValue": .string(key.rawValue)])
                ]),
                "StartTime": .integer(since.milliseconds / 1_000), "EndTime": .integer(until.milliseconds / 1_000 + 1),
                "MaxResults": .integer(Self.pageSize),
            ]
            if let token {
                input["NextToken"] = .string(token)
                await sleep(Self.spacing)
            }
            let page = try await client.call("LookupEvents", .object(input), responseLimit: Self.responseLimit).document
            guard let events = page["Events"]?.array else {
                throw AWSError(.lost, "LookupEvents: the answer holds no Events")
            }
            for event in events {
                guard count < most else { return true }
                count += 1
                guard let text = event["CloudTrailEvent"]?.string, let record = try? JSONValue(parsing: text) else {
                    throw AWSError(.lost, "LookupEvents: the record of an event cannot be read")
                }
                take(record)
            }
            let next = page["NextToken"]?.string
            guard next != token || next == nil else {
                throw AWSError(.lost, "LookupEvents: AWS gave the same NextToken twice")
            }
            token = next
        } while token != nil
        return false
    }
}
