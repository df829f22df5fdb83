namespace MeetOperator.Sfu.Forwarding;

/// <summary>What is added to the numbers of a source to continue the subscriber's stream. Each number wraps around in its own width.</summary>
internal readonly record struct NumberOffsets(uint Timestamp, ushort PictureId, byte Tl0PictureIndex, ushort Frame)
{
    /// <summary>Whether the numbers in the payload descriptor change.</summary>
    public bool ChangePicture => (PictureId, Tl0PictureIndex) != default;

    /// <summary>Writes the numbers of the stream into a copy of a payload.</summary>
    public void WritePicture(in SourceNumbers source, Span<byte> payload) => source.Picture.Write(
        payload, (ushort)(source.Picture.PictureId + PictureId), (byte)(source.Picture.Tl0PictureIndex + Tl0PictureIndex));
}
