using System.Diagnostics;
using MeetOperator.Rtc.Dtls;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Probe;

/// <summary>A meeting with two synthetic clients: one publishes with WHIP and the other plays with WHEP.</summary>
internal sealed class ProbeCall(MeetingApi api, ProbeOptions options, TextWriter log) : IDisposable
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(1);
    private readonly DtlsCertificate _certificate = DtlsCertificate.Generate();

    // Opus: one 20 ms frame. VP8: a payload descriptor that starts a frame, and a frame header whose lowest bit is 0 in key frames (RFC 7741 §4.2, §4.3).
    private readonly MediaStream _audio = new("audio", 1001, ProbeSdp.AudioPayloadType, 48_000, TimeSpan.FromMilliseconds(20), [0xF8], 80);
    private readonly MediaStream _video = new("video", 2002, ProbeSdp.VideoPayloadType, 90_000, TimeSpan.FromMilliseconds(33), [0x10, 0x00], 1000);
    private readonly byte[] _payload = new byte[1200];
    private ProbePeer? _publisher;
    private ProbePeer? _player;
    private bool _isSending;

    public IReadOnlyList<MediaStream> Streams => [_audio, _video];

    /// <summary>Runs the call. Throws <see cref="ProbeException"/> when a step fails or times out.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var meeting = await StepAsync("meeting created", api.CreateMeetingAsync(ct)).ConfigureAwait(false);
        var (whip, whep) = ((Uri?)null, (Uri?)null);
        var (publisherTicket, playerTicket) = ("", "");
        try
        {
            (var publisherId, publisherTicket) = await StepAsync("publisher joined", api.JoinAsync(meeting.Id, "Probe publisher", ct)).ConfigureAwait(false);
            (_, playerTicket) = await StepAsync("player joined", api.JoinAsync(meeting.Id, "Probe player", ct)).ConfigureAwait(false);

            _publisher = NewPeer(1);
            (var answer, whip) = await StepAsync("WHIP answered", api.OpenAsync("publish with WHIP", $"meetings/{meeting.Id}/whip", publisherTicket, Offer(_publisher, true), ct)).ConfigureAwait(false);
            _publisher.Accept(answer);
            await ConnectAsync("publisher", _publisher, ct).ConfigureAwait(false);
            _isSending = true;

            _player = NewPeer(2);
            var path = $"meetings/{meeting.Id}/whep?participant={publisherId}";
            (answer, whep) = await StepAsync("WHEP answered", api.OpenAsync("play with WHEP", path, playerTicket, Offer(_player, false), ct)).ConfigureAwait(false);
            _player.Accept(answer);
            await ConnectAsync("player", _player, ct).ConfigureAwait(false);
            await WaitForMediaAsync(ct).ConfigureAwait(false);

            await PumpWhileAsync(Task.Delay(options.Duration, ct), ct).ConfigureAwait(false);
            _isSending = false;
            var waiting = Stopwatch.StartNew();
            await PumpUntilAsync(() => Streams.All(s => s.Received >= s.Sent) || waiting.Elapsed > DrainTimeout, ct).ConfigureAwait(false);
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

    private ProbePeer NewPeer(int seed) => new(_certificate, seed) { OnRtp = OnRtp, OnRtcp = OnRtcp };

    private string Offer(ProbePeer peer, bool isSender) => ProbeSdp.Offer(isSender, peer.Credentials, _certificate.Fingerprint, _audio, _video);

    private Task ConnectAsync(string peerName, ProbePeer peer, CancellationToken ct) => StepAsync(
        $"{peerName} connected",
        () => peer.IsConnected,
        () => $"the {peerName} did not connect to the media node within {options.Timeout.TotalSeconds:0} s: {peer.Progress}",
        ct);

    private Task WaitForMediaAsync(CancellationToken ct) => StepAsync(
        "media arrived",
        () => Streams.All(s => s.Received > 0),
        () => $"both clients are connected, but no {string.Join(" and no ", Streams.Where(s => s.Received == 0).Select(s => s.Name))} arrives: the media node does not forward it",
        ct);

    /// <summary>Runs a step that the server completes, and logs its duration.</summary>
    private async Task<T> StepAsync<T>(string name, Task<T> step)
    {
        var stopwatch = Stopwatch.StartNew();
        await PumpWhileAsync(step, default).ConfigureAwait(false);
        var result = await step.ConfigureAwait(false);
        await LogAsync(name, stopwatch).ConfigureAwait(false);
        return result;
    }

    /// <summary>Waits for a condition that depends on media, and logs the duration. Throws when the deadline passes.</summary>
    private async Task StepAsync(string name, Func<bool> condition, Func<string> failure, CancellationToken ct)
    {
        var stopwatch = Stopwatch.StartNew();
        await PumpUntilAsync(() => condition() || api.TimeLeft <= TimeSpan.Zero, ct).ConfigureAwait(false);
        if (!condition())
        {
            throw new ProbeException(failure());
        }

        await LogAsync(name, stopwatch).ConfigureAwait(false);
    }

    private Task LogAsync(string name, Stopwatch stopwatch) =>
        log.WriteLineAsync(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name,-20} {stopwatch.Elapsed.TotalSeconds,7:0.00} s"));

    private Task PumpWhileAsync(Task task, CancellationToken ct) => PumpUntilAsync(() => task.IsCompleted, ct);

    /// <summary>Pumps media while waiting. Only one wait may run at a time, because a peer is not thread-safe.</summary>
    private async Task PumpUntilAsync(Func<bool> condition, CancellationToken ct)
    {
        while (!condition())
        {
            PumpOnce(Stopwatch.GetElapsedTime(0).Ticks);
            await Task.Delay(1, ct).ConfigureAwait(false);
        }
    }

    private void PumpOnce(long now)
    {
        _publisher?.Pump(now);
        _player?.Pump(now);
        if (!_isSending)
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
                    _video.Head[1] = 1; // delta frames until the next PLI or FIR
                }
            }
        }
    }

    private void OnRtp(long now, byte[] packet, int length)
    {
        if (RtpHeader.TryParse(packet.AsSpan(0, length), out var header))
        {
            (header.PayloadType == ProbeSdp.AudioPayloadType ? _audio : _video).RecordReceived(now, packet.AsSpan(header.Length, length - header.Length));
        }
    }

    private void OnRtcp(byte[] compound, int length)
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
