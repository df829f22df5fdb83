namespace MeetOperator.Sfu.Layers;

/// <summary>
/// What is known of the packets of one layer from the first one of its newest key frame on, so that a new subscriber can get them from the <see cref="LayerHistory"/> and needs no
/// key frame of its own. Nothing is known before the first key frame, and when the limits are exceeded, until the next one. Used by one loop.
/// </summary>
internal sealed class KeyFrameReplay
{
    /// <summary>Bounds the memory of a layer to about 4 KiB. A camera of 1 Mbit/s sends 50 packets in <see cref="MaxAgeTicks"/>. No more than the bits of a word, which tell what has arrived.</summary>
    public const int MaxPackets = 64;

    /// <summary>What a subscriber gets at once. A larger key frame, as of a screen, takes so long on most lines that a new one is no later.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Clients ignore requests within 300 ms after a key frame, and the next request follows 250 ms after the first one. When that is over, a new key frame comes within a round trip.</summary>
    public const long MaxAgeTicks = 500 * TimeSpan.TicksPerMillisecond;
    private readonly FrameLayers[] _frames = new FrameLayers[MaxPackets];

    /// <summary>Which packets have arrived; bit 0 is the first one. 0 when nothing is known.</summary>
    private ulong _arrived;
    private bool _isOpen;
    private ulong _starts;
    private ulong _keyFrame;

    /// <summary>The sequence number of the first packet of the key frame.</summary>
    public long FirstSequence { get; private set; }

    /// <summary>When the key frame began to arrive.</summary>
    public long StartTicks { get; private set; }

    /// <summary>The size of all packets.</summary>
    public int Bytes { get; private set; }

    /// <summary>Number of packets, if <see cref="IsWhole"/>.</summary>
    public int Count => 64 - System.Numerics.BitOperations.LeadingZeroCount(_arrived);

    /// <summary>Whether a key frame is known, and no packet is missing since its first one.</summary>
    public bool IsWhole => _arrived != 0 && (_arrived & (_arrived + 1)) == 0;

    /// <summary>Whether a key frame is known that is recent, and no packet is missing since its first one.</summary>
    public bool IsUsable(long nowTicks) => IsWhole && nowTicks - StartTicks <= MaxAgeTicks;

    /// <summary>Records a packet of the layer, also one that comes late.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="sequence">The 64-bit sequence number.</param>
    /// <param name="frame">The place of the packet's frame in the layers of the stream.</param>
    /// <param name="startsKeyFrame">Whether the packet is the first packet of a key frame.</param>
    /// <param name="isKeyFrame">Whether the packet belongs to a key frame.</param>
    /// <param name="isNewest">Whether that key frame is another one than before, and no later packet has arrived. After a late first packet, it is not known what follows.</param>
    /// <param name="bytes">The size of the packet.</param>
    public void Add(long nowTicks, long sequence, in FrameLayers frame, bool startsKeyFrame, bool isKeyFrame, bool isNewest, int bytes)
    {
        if (startsKeyFrame && isNewest)
        {
            Forget();
            (FirstSequence, StartTicks, _isOpen) = (sequence, nowTicks, true);
        }

        var index = sequence - FirstSequence;
        if (!_isOpen || index < 0)
        {
            if (_isOpen && isKeyFrame)
            {
                Forget(); // it began earlier, with the parameters of H.264 for example
            }

            return;
        }

        if (index >= MaxPackets || Bytes + bytes > MaxBytes || nowTicks - StartTicks > MaxAgeTicks)
        {
            Forget();
            return;
        }

        var bit = 1UL << (int)index;
        Bytes += (_arrived & bit) == 0 ? bytes : 0;
        _arrived |= bit;
        _starts |= startsKeyFrame ? bit : 0;
        _keyFrame |= isKeyFrame ? bit : 0;
        _frames[index] = frame;
    }

    /// <summary>Forgets the key frame. The next one may follow.</summary>
    public void Forget() => (_isOpen, _arrived, _starts, _keyFrame, Bytes) = (false, 0, 0, 0, 0);

    /// <summary>The layers that the frame of a packet belongs to, as read when the packet arrived.</summary>
    public FrameLayers FrameOf(int index) => _frames[index];

    /// <summary>Whether a packet is the first packet of a key frame.</summary>
    public bool StartsKeyFrame(int index) => (_starts >> index & 1) != 0;

    /// <summary>Whether a packet belongs to a key frame.</summary>
    public bool IsKeyFrame(int index) => (_keyFrame >> index & 1) != 0;
}
