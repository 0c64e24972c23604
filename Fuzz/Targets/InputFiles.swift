import Foundation

/// Calls `body` with the path of a file that has these bytes, in memory.
func withFile(_ bytes: [UInt8], _ body: (String) -> Void) {
    let path = "/dev/shm/pyflame-fuzz-\(getpid())"
    let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return }
    defer {
        close(descriptor)
        unlink(path)
    }
    guard write(descriptor, bytes, bytes.count) == bytes.count else { return }
    body(path)
}
