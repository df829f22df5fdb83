namespace MeetOperator.Rtc.Srtp;

/// <summary>The streams of one direction by SSRC. The last one looked up is kept at hand: packets come in bursts.</summary>
internal sealed class SrtpStreams
{
    private readonly Dictionary<uint, SrtpStream> streams = [];
    private uint lastSsrc;
    private SrtpStream? last;

    internal int Count => streams.Count;

    internal SrtpStream? Find(uint ssrc)
    {
        if (last is not null && lastSsrc == ssrc)
        {
            return last;
        }

        if (streams.TryGetValue(ssrc, out var stream))
        {
            last = stream;
            lastSsrc = ssrc;
        }

        return stream;
    }

    internal SrtpStream Add(uint ssrc)
    {
        var stream = new SrtpStream();
        streams.Add(ssrc, stream);
        last = stream;
        lastSsrc = ssrc;
        return stream;
    }
}
