namespace MeetOperator.Rtp.Codecs;

/// <summary>The size of the pictures in a sequence parameter set of H.264 (ITU-T H.264 §7.3.2.1.1).</summary>
/// <param name="Width">Width in pixels, from 1.</param>
/// <param name="Height">Height in pixels, from 1.</param>
public readonly record struct H264SequenceParameterSet(int Width, int Height)
{
    /// <summary>The size is within this number of bytes, unless the set has scaling lists of its own that are unusually long.</summary>
    private const int LongestStart = 256;

    /// <summary>More than the highest level allows.</summary>
    private const int LongestSideInMacroblocks = 1055;

    private const int Monochrome = 0;
    private const int Chroma420 = 1;
    private const int Chroma422 = 2;
    private const int Chroma444 = 3;

    /// <summary>Parses a NAL unit from its header on. False for another unit, one that is cut off, and a size that no level allows.</summary>
    public static bool TryParse(ReadOnlySpan<byte> unit, out H264SequenceParameterSet set)
    {
        set = default;
        if (unit.IsEmpty || (unit[0] & 0x1F) != H264Payload.TypeSequenceParameterSet)
        {
            return false;
        }

        Span<byte> content = stackalloc byte[LongestStart];
        var bits = new ExpGolombReader(content[..RemoveEscapes(unit[1..], content)]);
        var chroma = ReadFormat(ref bits);
        SkipFrameNumbers(ref bits);
        var widthInMacroblocks = (long)bits.ReadUnsigned() + 1;
        var heightInMapUnits = (long)bits.ReadUnsigned() + 1;
        var fieldsPerUnit = bits.Read(1) != 0 ? 1 : 2; // frame_mbs_only_flag: map units are macroblocks, otherwise pairs of them
        bits.Skip(fieldsPerUnit); // mb_adaptive_frame_field_flag, only without the flag before; direct_8x8_inference_flag
        var (cropX, cropY) = bits.Read(1) != 0 ? (ReadCrop(ref bits), ReadCrop(ref bits)) : (0, 0);
        var width = (widthInMacroblocks * 16) - (cropX * (chroma is Chroma420 or Chroma422 ? 2 : 1));
        var height = (heightInMapUnits * 16 * fieldsPerUnit) - (cropY * fieldsPerUnit * (chroma == Chroma420 ? 2 : 1));
        if (bits.HasFailed || width <= 0 || height <= 0 || widthInMacroblocks > LongestSideInMacroblocks || heightInMapUnits * fieldsPerUnit > LongestSideInMacroblocks)
        {
            return false;
        }

        set = new H264SequenceParameterSet((int)width, (int)height);
        return true;
    }

    /// <summary>Removes the bytes that keep start codes out of a NAL unit (§7.4.1), and returns the length of what is left.</summary>
    private static int RemoveEscapes(ReadOnlySpan<byte> escaped, Span<byte> content)
    {
        var (length, zeros) = (0, 0);
        foreach (var value in escaped)
        {
            if (length == content.Length)
            {
                break;
            }

            if (zeros >= 2 && value == 3)
            {
                zeros = 0;
                continue;
            }

            zeros = value == 0 ? zeros + 1 : 0;
            content[length++] = value;
        }

        return length;
    }

    /// <summary>Reads up to the scaling lists and returns <c>ChromaArrayType</c>.</summary>
    private static int ReadFormat(ref ExpGolombReader bits)
    {
        var profile = bits.Read(8);
        bits.Skip(16); // constraints and level
        bits.ReadUnsigned(); // seq_parameter_set_id
        if (profile is not (100 or 110 or 122 or 244 or 44 or 83 or 86 or 118 or 128 or 138 or 139 or 134 or 135))
        {
            return Chroma420;
        }

        var chroma = (int)Math.Min(bits.ReadUnsigned(), Chroma444);
        var isSeparate = chroma == Chroma444 && bits.Read(1) != 0;
        bits.ReadUnsigned(); // bit_depth_luma_minus8
        bits.ReadUnsigned(); // bit_depth_chroma_minus8
        bits.Skip(1); // qpprime_y_zero_transform_bypass_flag
        if (bits.Read(1) != 0)
        {
            SkipScalingLists(ref bits, chroma == Chroma444 ? 12 : 8);
        }

        return isSeparate ? Monochrome : chroma;
    }

    private static void SkipScalingLists(ref ExpGolombReader bits, int lists)
    {
        for (var list = 0; list < lists; list++)
        {
            var isPresent = bits.Read(1) != 0;
            var (size, last, next) = (list < 6 ? 16 : 64, 8, 8);
            for (var i = 0; isPresent && i < size && next != 0; i++)
            {
                next = (last + (int)(bits.ReadSigned() % 256) + 256) % 256;
                last = next == 0 ? last : next;
            }
        }
    }

    /// <summary>Reads from <c>log2_max_frame_num_minus4</c> up to <c>gaps_in_frame_num_value_allowed_flag</c>.</summary>
    private static void SkipFrameNumbers(ref ExpGolombReader bits)
    {
        bits.ReadUnsigned();
        var orderType = bits.ReadUnsigned();
        if (orderType == 0)
        {
            bits.ReadUnsigned();
        }
        else if (orderType == 1)
        {
            bits.Skip(1);
            bits.ReadSigned();
            bits.ReadSigned();
            for (var cycle = bits.ReadUnsigned(); cycle > 0 && !bits.HasFailed; cycle--)
            {
                bits.ReadSigned();
            }
        }

        bits.ReadUnsigned(); // max_num_ref_frames
        bits.Skip(1);
    }

    /// <summary>What is cut off at two opposite sides together.</summary>
    private static long ReadCrop(ref ExpGolombReader bits) => (long)bits.ReadUnsigned() + bits.ReadUnsigned();
}
