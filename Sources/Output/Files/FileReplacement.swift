import Glibc

/// A regular file that is replaced in one step by what is written.
final class FileReplacement {
    private let path: String
    private let folder: Int32
    private let base: String
    private let old: stat?
    private let isPrivate: Bool
    /// The old file itself, where its folder takes no new files: then it is overwritten.
    private var inPlace: Int32?
    /// The temporary file; made with the first write, so that a killed pyflame leaves none behind.
    private var temporary: (name: String, descriptor: Int32)?
    private var isTruncated = false

    /// O_PATH, which Glibc's module does not have: a folder may be written, but not read.
    private static let pathOnly: Int32 = 0o10000000

    /// Finds out whether the file can be written. `path` is the real one, `name` the user's. A new file that is
    /// private is for its owner alone.
    init(path: String, name: String, old: stat?, isPrivate: Bool) throws(OutputError) {
        self.path = path
        self.isPrivate = isPrivate
        self.old = old
        let cut = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        base = cut.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        let parent = cut.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard !base.isEmpty else {
            throw .cannotOpen(path: name, errno: path.isEmpty ? ENOENT : EISDIR)
        }
        guard base.utf8.count <= Int(NAME_MAX) else { throw .cannotOpen(path: name, errno: ENAMETOOLONG) }
        guard let folder = openFile(parent, Self.pathOnly | O_DIRECTORY) else {
            throw .cannotOpen(path: name, errno: errno)
        }
        self.folder = folder
        if old != nil {
            // A file that one may not write is not to be replaced either.
            guard let file = openFile(at: folder, base, O_WRONLY) else {
                throw .cannotOpen(path: name, errno: errno)
            }
            inPlace = file
        }
        if makeTemporary() == 0 {
            dropTemporary()
            if let file = inPlace { close(file) }
            inPlace = nil
        } else if inPlace == nil {
            throw .cannotOpen(path: name, errno: errno)
        }
    }

    deinit {
        discard()
        if let inPlace { close(inPlace) }
        if folder >= 0 { close(folder) }
    }

    /// 0, or the errno.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        if let inPlace {
            if !isTruncated, ftruncate(inPlace, 0) != 0 { return errno }
            isTruncated = true
            return writeAll(inPlace, bytes)
        }
        if temporary == nil {
            let error = makeTemporary()
            if error != 0 { return error }
        }
        guard let temporary else { return EIO }
        return writeAll(temporary.descriptor, bytes)
    }

    func commit(name: String) throws(OutputError) {
        // Nothing written is an empty file, too.
        let error = write(UnsafeRawBufferPointer(start: nil, count: 0))
        guard error == 0 else { throw .cannotWrite(path: name, errno: error) }
        guard let (file, descriptor) = temporary else { return }
        setAttributes(descriptor)
        // Some file systems tell of a full disk only here.
        if fsync(descriptor) != 0, [ENOSPC, EIO, EDQUOT].contains(errno) {
            throw .cannotWrite(path: name, errno: errno)
        }
        if renameat(folder, file, folder, base) == 0 {
            temporary = nil
            close(descriptor)
            return
        }
        let reason = errno
        // A single file that is mounted (in a container) can be written, but not renamed over.
        guard old != nil, copyOver(from: descriptor) else {
            temporary = nil
            close(descriptor)
            let complete = path.dropLast(base.count) + file
            throw .cannotReplace(path: name, errno: reason, complete: String(complete))
        }
        dropTemporary()
    }

    /// Removes what was not put in place.
    func discard() { dropTemporary() }

    /// 0, or the errno (which is left in errno, too). Until it is complete the file is its owner's alone, and
    /// nobody can know its name beforehand.
    private func makeTemporary() -> Int32 {
        for _ in 0..<100 {
            let name = ".pyflame-\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
            if let descriptor = openFile(at: folder, name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600) {
                temporary = (name, descriptor)
                return 0
            }
            guard errno == EEXIST else { return errno }
        }
        return errno
    }

    private func dropTemporary() {
        guard let (name, descriptor) = temporary else { return }
        temporary = nil
        unlinkat(folder, name, 0)
        close(descriptor)
    }

    /// Owner and mode of the old file, as far as we may; the owner first, as chown drops mode bits. A new file is as
    /// public as the user's mask lets it be, unless it is private.
    private func setAttributes(_ descriptor: Int32) {
        if let old {
            _ = fchown(descriptor, old.st_uid, old.st_gid)
            _ = fchmod(descriptor, old.st_mode & 0o7777)
        } else if !isPrivate {
            _ = fchmod(descriptor, 0o666 & ~Self.userMask)
        }
    }

    /// The user's mask of rights. It can only be asked for by setting it, so that is done once.
    private static let userMask: mode_t = {
        let mask = umask(0o077)
        umask(mask)
        return mask
    }()

    private func copyOver(from source: Int32) -> Bool {
        guard let target = openFile(at: folder, base, O_WRONLY | O_TRUNC) else { return false }
        defer { close(target) }
        guard lseek(source, 0, SEEK_SET) == 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return count == 0 }
            let error = buffer.withUnsafeBytes {
                writeAll(target, UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
            guard error == 0 else { return false }
        }
    }
}
