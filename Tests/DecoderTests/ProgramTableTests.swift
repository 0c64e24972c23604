import FrameDecoding
import TargetMemory
import Testing

@testable import FrameDecoding
@testable import Py26
@testable import Py311
@testable import Py313
@testable import Py34
@testable import Py36

/// What reads a program's objects, against real builds.
struct ProgramTableTests {
    private func layout(_ reference: Reference) throws -> ProgramLayout {
        let version = try #require(PythonVersion(prefixOf: reference.version))
        let layout =
            switch (version.major, version.minor) {
            case (2, _): Py26.layout.program
            case (3, 4), (3, 5): Py34.layout.program
            case (3, 6...10): Py36.Layouts.row(version)?.program
            case (3, 11...12): Py311.Layouts.row(version)?.program
            default:
                try InterpreterFrameABI(
                    DebugOffsets(at: ForgedRuntime.address, in: ForgedRuntime(version, reference).memory)
                ).program
            }
        return try #require(layout)
    }

    @Test(arguments: [
        "2.6.9", "2.7.18", "3.4.10", "3.5.10", "3.6.15", "3.7.16", "3.8.18", "3.9.18", "3.10.13", "3.11.7", "3.12.1",
        "3.13.0", "3.14.8", "3.14.8-pydebug", "3.15.0", "3.15.0-pydebug",
    ])
    func offsets(_ name: String) throws {
        let reference = try Reference.load(name)
        let program = try layout(reference)
        let objects = program.objects
        #expect(program.modules == reference.offset("interp.modules"))
        #expect(program.variables.slots == reference.offset("iframe.localsplus", "frame.f_localsplus"))
        if program.variables.kinds == absent {
            #expect(program.variables.names == reference.offset("code.varnames"))
        } else {
            // `co_localsplusnames` comes right before the kinds; the fixtures call it as before 3.11.
            #expect(program.variables.names == reference.offset("code.varnames"))
            #expect(program.variables.kinds == reference.offset("code.localspluskinds"))
        }
        #expect(objects.head == reference.sizes["object"])
        #expect(objects.type == reference.offset("object.ob_type"))
        #expect(objects.size == reference.offset("varobject.ob_size"))
        #expect(objects.tupleItems == reference.offset("tuple.ob_item"))
        #expect(objects.listItems == reference.offset("list.ob_item"))
        #expect(objects.moduleDict == reference.offset("module.md_dict"))
        #expect(objects.typeName == reference.offset("type.tp_name"))
        #expect(objects.typeFlags == reference.offset("type.tp_flags"))
        #expect(objects.typeBasicSize == reference.offset("type.tp_basicsize"))
        #expect(objects.typeDict == reference.offset("type.tp_dict"))
        #expect(objects.typeDictOffset == reference.offset("type.tp_dictoffset"))
        switch objects.dictionaries {
        case .table:
            #expect(objects.dictMask == reference.offset("dict.mask2"))
            #expect(objects.dictTable == reference.offset("dict.table2"))
        case .keys, .compact, .unicodeKeys:
            #expect(objects.dictKeys == reference.offset("dict.keys"))
            #expect(objects.dictValues == reference.offset("dict.values"))
        }
        if case .unicodeKeys(let head) = objects.dictionaries {
            #expect(reference.offset("dictkeys.indices") == 32)
            #expect(reference.offset("dictkeys.nentries") == 24)
            #expect(reference.sizes["dictvalues"] == head + 8)
        }
        switch objects.integers {
        case .signedSize:
            #expect(objects.integerSize == reference.offset("long.ob_size"))
        case .tagged: #expect(objects.integerSize == reference.offset("long.lv_tag"))
        }
        #expect(objects.integerDigits == reference.offset("long.ob_digit"))
        if let keys = reference.debugOffsets?["heap_type_object.ht_cached_keys"]?.number,
            case .inline(_, let cachedKeys) = objects.attributes
        {
            #expect(cachedKeys == Int(keys))
        }
    }
}
