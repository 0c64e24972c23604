import CElfutils

/// An open DWARF file, with the one that dwz moved its common parts to.
final class DwarfFile {
    let handle: OpaquePointer
    private let image: DebugImage
    private let alternate: (handle: OpaquePointer, image: DebugImage)?

    /// Nil when there is no DWARF, or a part of it cannot be found.
    init?(_ file: SectionFile, search: DebugFiles) {
        guard let image = DebugImage(file), let handle = dwarf_begin_elf(image.elf, DWARF_C_READ, nil)
        else { return nil }
        var alternate: (OpaquePointer, DebugImage)?
        if file.section(".gnu_debugaltlink") != nil {
            guard let other = search.findAlternate(of: file), let otherImage = DebugImage(other),
                let otherHandle = dwarf_begin_elf(otherImage.elf, DWARF_C_READ, nil)
            else {
                dwarf_end(handle)
                return nil
            }
            dwarf_setalt(handle, otherHandle)
            alternate = (otherHandle, otherImage)
        }
        self.handle = handle
        self.image = image
        self.alternate = alternate
    }

    deinit {
        dwarf_end(handle)
        if let alternate { dwarf_end(alternate.handle) }
    }
}
