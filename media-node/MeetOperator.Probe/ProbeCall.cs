using System.Diagnostics;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Probe;

/// <summary>A meeting of two clients without browsers: one publishes by WHIP, the other plays by WHEP.</summary>
internal sealed class ProbeCall(MeetingApi api, ProbeOptions options, TextWriter log) : IDisposable
{
    private static readonly TimeSpan LastPackets = TimeSpan.FromSeconds(1);
    private readonly DtlsCertificate _certificate = DtlsCertificate.Generate();

    // Opus: one frame of 20 ms. VP8: a descriptor that starts a frame, and a frame header whose lowest bit is 0 in key frames.
    private readonly MediaStream _audio = new("audio", 1001, ProbeSdp.AudioPayloadType, 48_000, TimeSpan.FromMilliseconds(20), [0xF8], 80);
    private readonly MediaStream _video = new("video", 2002, ProbeSdp.VideoPayloadType, 90_000, TimeSpan.FromMilliseconds(33), [0x10, 0x00], 1000);
    private readonly byte[] _payload = new byte[1200];
    private ProbePeer? _publisher;
    private ProbePeer? _player;
    private bool _talks;

    public IReadOnlyList<MediaStream> Streams => [_audio, _video];

    /// <summary>Carries the call through; what does not come about throws <see cref="ProbeException"/>.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var meeting = await StepAsync("meeting made", api.CreateMeetingAsync(ct)).ConfigureAwait(false);
        var (whip, whep) = ((Uri?)null, (Uri?)null);
        var (publisherTicket, playerTicket) = ("", "");
        try
        {
            (var publisherId, publisherTicket) = await StepAsync("publisher joined", api.JoinAsync(meeting.Id, "Probe publisher", ct)).ConfigureAwait(false);
            (_, playerTicket) = await StepAsync("player joined", api.JoinAsync(meeting.Id, "Probe player", ct)).ConfigureAwait(false);

            _publisher = NewPeer(1);
            (var answer, whip) = await StepAsync("WHIP answered", api.OpenAsync("publish by WHIP", $"meetings/{meeting.Id}/whip", publisherTicket, Offer(_publisher, true), ct)).ConfigureAwait(false);
            _publisher.Accept(answer);
            await ConnectAsync("publisher", _publisher, ct).ConfigureAwait(false);
            _talks = true;

            _player = NewPeer(2);
            var path = $"meetings/{meeting.Id}/whep?participant={publisherId}";
            (answer, whep) = await StepAsync("WHEP answered", api.OpenAsync("play by WHEP", path, playerTicket, Offer(_player, false), ct)).ConfigureAwait(false);
            _player.Accept(answer);
            await ConnectAsync("player", _player, ct).ConfigureAwait(false);
            await ArriveAsync(ct).ConfigureAwait(false);

            await WhileAsync(Task.Delay(options.Talk, ct), ct).ConfigureAwait(false);
            _talks = false;
            var waiting = Stopwatch.StartNew();
            await UntilAsync(() => Streams.All(s => s.Received >= s.Sent) || waiting.Elapsed > LastPackets, ct).ConfigureAwait(false);
        }
        finally
        {
            await api.DeleteAsync(whep, playerTicket, CancellationToken.None).ConfigureAwait(false);
            await api.DeleteAsync(whip, publisherTicket, CancellationToken.None).ConfigureAwait(false);
            await api.DeleteAsync(new Uri($"meetings/{meeting.Id}", UriKind.Relative), meeting.HostToken, CancellationToken.None).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _publisher?.Dispose();
        _player?.Dispose();
        _certificate.Dispose();
    }

    private ProbePeer NewPeer(int seed) => new(_certificate, seed) { OnRtp = TakeRtp, OnRtcp = TakeRtcp };

    private string Offer(ProbePeer peer, bool sends) => ProbeSdp.Offer(sends, peer.Credentials, _certificate.Fingerprint, _audio, _video);

    private Task ConnectAsync(string who, ProbePeer peer, CancellationToken ct) => StepAsync(
        $"{who} connected",
        () => peer.IsConnected,
        () => $"the {who} did not get a connection to the media node within {options.Timeout.TotalSeconds:0} s: {peer.Progress}",
        ct);

    private Task ArriveAsync(CancellationToken ct) => StepAsync(
        "media came",
        () => Streams.All(s => s.Received > 0),
        () => $"both are connected, and no {string.Join(" and no ", Streams.Where(s => s.Received == 0).Select(s => s.Name))} arrives: the media node does not forward.",
        ct);

    /// <summary>A step that the server does.</summary>
    private async Task<T> StepAsync<T>(string name, Task<T> step)
    {
        var took = Stopwatch.StartNew();
        await WhileAsync(step, default).ConfigureAwait(false);
        var result = await step.ConfigureAwait(false);
        await LogAsync(name, took).ConfigureAwait(false);
        return result;
    }

    /// <summary>A step that comes about by media, or fails when the time is over.</summary>
    private async Task StepAsync(string name, Func<bool> condition, Func<string> failure, CancellationToken ct)
    {
        var took = Stopwatch.StartNew();
        await UntilAsync(() => condition() || api.TimeLeft <= TimeSpan.Zero, ct).ConfigureAwait(false);
        if (!condition())
        {
            throw new ProbeException(failure());
        }

        await LogAsync(name, took).ConfigureAwait(false);
    }

    private Task LogAsync(string name, Stopwatch took) =>
        log.WriteLineAsync(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name,-20} {took.Elapsed.TotalSeconds,7:0.00} s"));

    private Task WhileAsync(Task task, CancellationToken ct) => UntilAsync(() => task.IsCompleted, ct);

    /// <summary>Media goes on whatever is being waited for. Never two at a time: a peer belongs to whoever turns it.</summary>
    private async Task UntilAsync(Func<bool> condition, CancellationToken ct)
    {
        while (!condition())
        {
            Turn(Stopwatch.GetElapsedTime(0).Ticks);
            await Task.Delay(1, ct).ConfigureAwait(false);
        }
    }

    private void Turn(long now)
    {
        _publisher?.Pump(now);
        _player?.Pump(now);
        if (!_talks)
        {
            return;
        }

        Span<byte> header = stackalloc byte[RtpHeader.FixedLength];
        foreach (var stream in Streams)
        {
            while (stream.TryNext(now, header, _payload, out var length))
            {
                _publisher!.SendRtp(header, _payload.AsSpan(0, length));
                if (stream == _video)
                {
                    _video.Head[1] = 1; // until somebody asks for a key frame again
                }
            }
        }
    }

    private void TakeRtp(long now, byte[] packet, int length)
    {
        if (RtpHeader.TryParse(packet.AsSpan(0, length), out var header))
        {
            (header.PayloadType == ProbeSdp.AudioPayloadType ? _audio : _video).Take(now, packet.AsSpan(header.Length, length - header.Length));
        }
    }

    private void TakeRtcp(byte[] compound, int length)
    {
        foreach (var packet in new RtcpReader(compound.AsSpan(0, length)))
        {
            if (FeedbackMessage.TryParse(packet, out var feedback) && (feedback.IsPictureLoss || feedback.IsFullIntraRequest))
            {
                _video.Head[1] = 0;
            }
        }
    }
}
