internal import ArgumentParser
internal import Operations

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes the old key active again, as long as it is not deleted.",
        discussion: """
            In the phases `overlap` and `soak`, which `keyturn status` shows: for when something that no one knew of still uses \
            the old key. Both keys then stay Active, and the targets keep \
            the new one, until `keyturn retry` begins the overlap again. Find out first who uses the old key.
            """)

    @OptionGroup var one: OneUser

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Orders(OperationContext(options)).rollBack(one.user).print(options)
    }
}
