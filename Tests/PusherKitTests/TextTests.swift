import Glibc
import PusherKit
import Testing

@Suite("What stands in for what Embedded Swift does not have")
struct TextTests {
    @Test("finds a text in another, and puts a third in its place")
    func parts() {
        #expect("abc".has("bc") && "abc".has("") && !"abc".has("abcd") && !"".has("a") && "äöü".has("ö"))
        #expect("a%2Fb%2Fc".replaced("%2F", by: "/") == "a/b/c" && "aaa".replaced("aa", by: "b") == "ba")
        #expect("abc".replaced("", by: "x") == "abc" && "abc".replaced("x", by: "y") == "abc")
    }

    @Test("lets one thread at a time have a value")
    func guarded() async {
        let count = Guarded(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 {
                        count.withLock { value in
                            let before = value
                            sched_yield()
                            value = before + 1
                        }
                    }
                }
            }
        }
        #expect(count.withLock { $0 } == 4_000)
    }
}
