import Configuration
import Testing

@Suite("Targets that are not pushed at the same time")
struct ExclusionTests {
    private func exclusives(_ targets: [String], pushers: [String] = []) throws -> [String?] {
        try Sample.resolve(Sample.small(pushers: pushers, targets: targets)).users.flatMap(\.targets).map(\.exclusive)
    }

    @Test("are those of one repository, in any case, by any branch and pusher")
    func sameRepository() throws {
        let found = try exclusives(
            [
                "pusher: travis, repository: acme/app", "pusher: second, repository: Acme/App, branch: main",
                "pusher: travis, repository: acme/other", "pusher: gitlab, project: acme/app",
            ], pushers: ["second: { plugin: travis-ci, token: { env: U } }"])
        #expect(found == ["acme/app", "acme/app", "acme/other", nil])
    }

    @Test("are all of a service where some are numbers and others names, and none of another service")
    func mixed() throws {
        let pushers = ["enterprise: { plugin: travis-ci, token: { env: T }, endpoint: 'https://travis.example/api' }"]
        let found = try exclusives(
            [
                "pusher: travis, repository: acme/app", "pusher: travis, repository: 815",
                "pusher: travis, repository: acme/other", "pusher: enterprise, repository: acme/app",
            ], pushers: pushers)
        #expect(found == ["any", "any", "any", "acme/app"])
        #expect(
            try exclusives(["pusher: travis, repository: 815", "pusher: travis, repository: 816"]) == ["815", "816"])
    }
}
