@testable import Operations
import Testing

@Suite("Regions that keyturn does not know")
struct KnownRegionsTests {
    @Test("are used as they are, with a word about the one that may be meant")
    func remark() {
        #expect(KnownRegions.remark(on: "eu-central-1") == nil)
        #expect(
            KnownRegions.remark(on: "eu-centrl-1")
                == "keyturn does not know the region eu-centrl-1: did you mean eu-central-1? A region that AWS has added since is "
                + "used as it is written")
        #expect(
            KnownRegions.remark(on: "zz-moon-orbital-9")
                == "keyturn does not know the region zz-moon-orbital-9: a region that AWS has added since is used as it is written"
        )
    }

    @Test("are looked for at AWS's own address alone")
    func regions() throws {
        let directory = try Directory()
        let loaded = try LoadedConfiguration(directory.context)
        #expect(loaded.regions(of: loaded.users[0]) == [])
        try directory.write(
            "keyturn.yaml",
            Directory.configuration(", endpoint-url: \"http://127.0.0.1:9\" }\nplugins", " }\nplugins")
                .replacing("aws: { region: us-east-1 }\n    targets", with: "aws: { region: eu-centrl-1 }\n    targets")
        )
        let other = try LoadedConfiguration(directory.context)
        #expect(other.regions(of: other.users[0]) == ["eu-centrl-1"])
        let findings = Plausibility.findings(other.users, [], at: Directory.now, regions: other.regions(of:))
        #expect(findings.map(\.subject) == ["region"] && findings[0].detail == "cicd-bot")
        #expect(findings[0].status == .done && findings[0].warning?.contains("did you mean eu-central-1?") == true)
    }
}
