import Configuration
import Rotation
import Testing

@testable import Operations

@Suite("What the next step would do")
struct RotationPreviewTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)
    private let target = TargetName("gitlab:acme/tools/app")

    private func requirements(_ change: (inout Policy) -> Void = { _ in }) -> UserRequirements {
        var policy = Policy(rotateEvery: .seconds(86_400))
        change(&policy)
        return UserRequirements(policy: policy, targets: [target])
    }

    private func key(_ id: String, days: Int64) -> AccessKey {
        AccessKey(id: AccessKeyID(id), status: .active, created: now - .seconds(days * 86_400))
    }

    private func preview(
        _ keys: [AccessKey]?, _ requirements: UserRequirements, order: Event.Request? = nil,
        of rotation: Rotation? = nil
    ) -> RotationPreview {
        RotationPreview(
            of: rotation ?? Rotation(at: now), order: order, keys: keys, at: now, requirements)
    }

    @Test("an old key of a user that was never seen is rotated at once, with and without preflight")
    func oldKey() {
        for preflight in [false, true] {
            let found = preview([key("AKIAOLD", days: 900)], requirements { $0.preflight = preflight })
            #expect(found.begins && found.rotation.current?.id == AccessKeyID("AKIAOLD"))
        }
        #expect(!preview([key("AKIANEW", days: 0)], requirements()).begins)
        #expect(preview([], requirements()).begins)
    }

    @Test("where the first rotation waits for an order, only an order begins it")
    func whenAsked() {
        let policy = requirements { $0.firstRotation = .whenAsked }
        let found = preview([key("AKIAOLD", days: 900)], policy)
        #expect(!found.begins && found.rotation.awaitsFirstOrder(policy.policy))
        #expect(preview([key("AKIAOLD", days: 900)], policy, order: .rotate()).begins)
    }

    @Test("two keys without a record would block, which is said with both")
    func strangers() {
        let found = preview([key("AKIAONE", days: 9), key("AKIATWO", days: 1)], requirements(), order: .rotate())
        #expect(!found.begins && found.rotation.problem?.code == .unaccountedKey)
        #expect(found.rotation.trouble?.contains("AKIAONE (Active) and AKIATWO (Active)") == true)
    }

    @Test("an order that would be refused is, with its reason")
    func refusal() {
        var rotation = Rotation(at: now)
        (rotation.number, rotation.phase) = (3, .overlap)
        rotation.current = KeyRecord(id: AccessKeyID("AKIANEW"), created: now, status: .active)
        rotation.previous = KeyRecord(id: AccessKeyID("AKIAOLD"), created: now, status: .active)
        let found = preview([key("AKIANEW", days: 0)], requirements(), order: .rotate(), of: rotation)
        #expect(!found.begins && found.refusal?.isTemporary == true)
        #expect(found.refusal?.reason.contains("rotation 3 is in `overlap`") == true)
    }

    @Test("without an answer of IAM nothing begins")
    func unasked() { #expect(!preview(nil, requirements(), order: .rotate()).begins) }
}
