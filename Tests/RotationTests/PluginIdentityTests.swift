import Rotation
import Testing

@Suite("The plugin of a delivery")
struct PluginIdentityTests {
    @Test("is named by its version and its hash")
    func words() {
        let plugin = PluginIdentity(id: "travis-ci", version: "1.2.3", sha256: "ab12")
        #expect(plugin.description == "travis-ci 1.2.3, sha256:ab12")
    }
}
