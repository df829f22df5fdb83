using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.Sfu.Tests;

/// <summary>
/// A camera of three sizes. Whatever its receivers do, its encoder is asked for a key frame once a second at most, all sizes together: key frames of one size bring those of the others
/// in Chromium, and everybody's picture becomes worse with each.
/// </summary>
public sealed class KeyFrameAllowanceTests
{
    private static readonly uint[] Ssrcs = [2000, 3000, 4000];
    private static readonly int[] Bytes = [100, 300, 900];
    private static readonly int[] Widths = [320, 640, 1280];
    private readonly Call _call = new(layers: [.. Ssrcs.Select((ssrc, i) => new UpLayerOptions { Ssrc = ssrc, Rid = "qhf"[i..(i + 1)] })]);
    private int _sequence;
    private int _answered;
    private bool _isDeaf;

    private int Requests => _call.Upstream.PictureLossIndications;

    [Fact]
    public void SetViews_ReceiverChangesSizesAllTheTime_OneRequestASecond()
    {
        const int Seconds = 60;
        _call.Join();
        var (restless, _, _) = _call.Join(6000);
        Play(2_000);
        for (var i = 0; i < 40; i++)
        {
            Show(restless, i % 3); // the changes that count as urgent
            Play(250);
        }

        var before = Requests;
        for (var i = 0; i < Seconds * 4; i++)
        {
            Show(restless, i % 3);
            Play(250);
        }

        Assert.InRange(Requests - before, Seconds / 4, Seconds + 9); // with what may be ahead, three for each size
    }

    [Fact]
    public void OnRtcp_ReceiversOfAllSizesLosePictures_OneRequestASecondInTurn()
    {
        const int Seconds = 30;
        var receivers = Ssrcs.Select((_, i) =>
        {
            var (receiver, _, _) = _call.Join((uint)(5000 + (i * 10)));
            Show(receiver, i);
            return receiver;
        }).ToList();
        Play(10_000);
        var before = Ssrcs.Select(RequestsOf).ToList();

        for (var i = 0; i < Seconds * 10; i++)
        {
            for (var receiver = 0; receiver < receivers.Count; receiver++)
            {
                receivers[receiver].OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddPictureLoss(9, (uint)(5000 + (receiver * 10)))));
            }

            Play(100);
        }

        var requests = Ssrcs.Select((ssrc, i) => RequestsOf(ssrc) - before[i]).ToList();
        Assert.InRange(requests.Sum(), Seconds - 2, Seconds + 1);
        Assert.All(requests, count => Assert.InRange(count, (Seconds / 3) - 1, (Seconds / 3) + 1));
    }

    /// <summary>Somebody who has no picture yet need not wait for those who lost theirs.</summary>
    [Fact]
    public void OnReady_RequestOfOtherSizeWasJustSent_IsRequestedAtOnce()
    {
        var (first, _, _) = _call.Join();
        Show(first, 0);
        Play(10_000);
        _isDeaf = true; // so that no key frame can be sent from the history
        Play(1_000);
        first.OnRtcp(_call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddPictureLoss(9, 5000)));
        Play(50);
        var before = RequestsOf(Ssrcs[2]);

        var (second, _, _) = _call.Join(6000);
        Show(second, 2);
        Play(20);

        Assert.Equal(before + 1, RequestsOf(Ssrcs[2]));
    }

    private static void Show(Subscriber receiver, int size) => receiver.SetViews(_ => TrackView.Of(Widths[size], Widths[size] * 9 / 16));

    /// <summary>The camera sends a picture of each size every 20 ms, and answers each request with key frames of all sizes.</summary>
    private void Play(int milliseconds)
    {
        for (var i = 0; i < milliseconds / 10; i++)
        {
            _call.Advance(10);
            if (i % 2 != 0)
            {
                continue;
            }

            var isKey = Requests > _answered && !_isDeaf;
            _answered = Requests;
            _sequence++;
            foreach (var (ssrc, bytes) in Ssrcs.Zip(Bytes))
            {
                _call.Send((ushort)_sequence, (uint)(_sequence * 1_800), isKey, ssrc, payload: [0x10, (byte)(isKey ? 0 : 1), .. new byte[bytes]]);
            }
        }
    }

    private int RequestsOf(uint ssrc)
    {
        var count = 0;
        foreach (var compound in _call.Upstream.Rtcp)
        {
            foreach (var packet in new RtcpReader(compound))
            {
                count += FeedbackMessage.TryParse(packet, out var feedback) && feedback.IsPictureLoss && feedback.MediaSsrc == ssrc ? 1 : 0;
            }
        }

        return count;
    }
}
