using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class KnownLinesTests
{
    private static readonly RoomKey A = new("ns", "a", new Uri("https://a/"), 1);
    private static readonly RoomKey B = new("ns", "b", new Uri("https://b/"), 2);
    private readonly ManualTime _time = new();
    private readonly KnownLines _lines;

    public KnownLinesTests() => _lines = new KnownLines(_time);

    [Fact]
    public void Find_NodeStillKnows_CountsAtAnyAge()
    {
        Record(A, 5_600);

        _time.Advance(TimeSpan.FromHours(1));
        _lines.Trim();

        Assert.Equal(5_600, _lines.Find("ann", A));
        Assert.Null(_lines.Find("bob", A));
    }

    [Fact]
    public void Find_NodeNoLongerKnows_CountsFor30Seconds()
    {
        Record(A, 5_600);
        _time.Advance(TimeSpan.FromMinutes(1));
        Record(A, null);

        AssertCountsFor30Seconds(A);
    }

    [Fact]
    public void Find_NodeCannotBeRead_CountsFor30Seconds()
    {
        Record(A, 5_600);
        _time.Advance(TimeSpan.FromMinutes(1));
        _lines.RecordBreak(A);
        _time.Advance(TimeSpan.FromSeconds(10));
        _lines.RecordBreak(A); // an attempt to read again
        _lines.Move("ann", A, B);

        _time.Advance(TimeSpan.FromSeconds(19.9));
        Assert.Equal(5_600, _lines.Find("ann", B));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Null(_lines.Find("ann", B));
    }

    [Fact]
    public void Find_NodeCanBeReadAgain_CountsAtAnyAge()
    {
        Record(A, 5_600);
        _lines.RecordBreak(A);
        Record(A, 5_000);

        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(5_000, _lines.Find("ann", A));
    }

    [Fact]
    public void Move_NextNodeKnowsNothing_FormerLineCountsFor30Seconds()
    {
        Record(A, 5_600);

        _lines.Move("ann", A, B);
        Record(B, null);

        AssertCountsFor30Seconds(B);
    }

    [Fact]
    public void Move_BackToNodeThatStillKnows_ItsOwnLineCounts()
    {
        Record(A, 5_600);
        _lines.Move("ann", A, B);
        Record(B, 900);

        _lines.Move("ann", B, A);

        Assert.Equal(5_600, _lines.Find("ann", A));
    }

    /// <summary>As when the client goes back and forth while one node after the other cannot be read.</summary>
    [Theory]
    [InlineData(false, 900)]
    [InlineData(true, 5_600)]
    public void Move_NextNodeKnewALineToo_TheLaterOneCounts(bool isFormerLater, int expected)
    {
        Record(isFormerLater ? B : A, isFormerLater ? 900 : 5_600);
        _lines.RecordBreak(isFormerLater ? B : A);
        _time.Advance(TimeSpan.FromSeconds(5));
        Record(isFormerLater ? A : B, isFormerLater ? 5_600 : 900);
        _lines.RecordBreak(isFormerLater ? A : B);

        _lines.Move("ann", A, B);

        Assert.Equal(expected, _lines.Find("ann", B));
    }

    /// <summary>A node that lies, or has been taken over, reports about people who do not use it.</summary>
    [Fact]
    public void Record_ParticipantOfAnotherNode_DoesNotCount()
    {
        Record(A, 5_600);

        Record(B, 900_000);

        Assert.Equal(5_600, _lines.Find("ann", A));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(SubscribeRequest.MaxLineKbps + 1)]
    [InlineData(int.MaxValue)]
    public void Record_ImpossibleLine_CountsAsUnknown(int kbps)
    {
        Record(B, kbps);
        Record(A, 5_600);
        Record(A, kbps);

        Assert.Null(_lines.Find("ann", B));
        AssertCountsFor30Seconds(A);
    }

    [Fact]
    public void Record_TooMuch_IsIgnored()
    {
        _lines.Record(A, [null, Line(new string('x', 65), 1), .. Enumerable.Range(0, 5_000).Select(i => Line($"p{i}", 1)), Line("ann", 1)]);
        Record(B, 1);

        Assert.Equal(1, _lines.Find("p4999", A));
        Assert.Null(_lines.Find("ann", A));
        Assert.Null(_lines.Find(new string('x', 65), A));
        Assert.Equal(1, _lines.Find("ann", B));
    }

    [Fact]
    public void Trim_WhatNoLongerCounts_MakesRoomForOthers()
    {
        _lines.Record(A, [.. Enumerable.Range(0, 5_000).Select(i => Line($"p{i}", 1))]);
        _lines.RecordBreak(A);
        _time.Advance(TimeSpan.FromSeconds(31));

        _lines.Trim();
        Record(A, 5_600);

        Assert.Equal(5_600, _lines.Find("ann", A));
    }

    [Fact]
    public void Forget_LineOfSeveralNodes_IsUnknown()
    {
        Record(A, 5_600);
        _lines.Move("ann", A, B);

        _lines.Forget("ann");

        Assert.Null(_lines.Find("ann", A) ?? _lines.Find("ann", B));
    }

    [Fact]
    public void Forget_LineOfOneNode_OthersStay()
    {
        Record(A, 5_600);
        _lines.Move("ann", A, B);

        _lines.Forget("ann", B);

        Assert.Null(_lines.Find("ann", B));
        Assert.Equal(5_600, _lines.Find("ann", A));
    }

    [Fact]
    public void IsCurrent_Line_UntilItsNodeNoLongerKnowsIt()
    {
        Assert.False(_lines.IsCurrent("ann", A));
        Record(A, 5_600);
        _lines.Move("ann", A, B);

        Assert.True(_lines.IsCurrent("ann", A));
        Assert.False(_lines.IsCurrent("ann", B));

        Record(A, null);
        Assert.False(_lines.IsCurrent("ann", A));
    }

    private static ParticipantLine Line(string id, int? kbps) => new() { ParticipantId = id, Kbps = kbps };

    private void Record(RoomKey room, int? kbps) => _lines.Record(room, [Line("ann", kbps)]);

    private void AssertCountsFor30Seconds(RoomKey room)
    {
        _time.Advance(TimeSpan.FromSeconds(29.9));
        _lines.Trim();
        Assert.Equal(5_600, _lines.Find("ann", room));
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Null(_lines.Find("ann", room));
    }
}
