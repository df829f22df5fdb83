using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Migrations;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Data;

/// <summary>Contract tests for the repositories; each database engine has a derived class.</summary>
public abstract class RepositoryContract : IAsyncLifetime
{
    private ISqlDatabase _database = null!;
    private SqlMeetingRepository _meetings = null!;
    private SqlParticipantRepository _participants = null!;
    private SqlChatRepository _chat = null!;
    private SqlQualityRepository _quality = null!;
    private SqlDiagnosticRepository _diagnostics = null!;
    private SqlSurveyRepository _survey = null!;
    private StoredRows _stored = null!;

    public async Task InitializeAsync()
    {
        _database = SqlDatabases.Create(await ConnectionAsync());
        await Migrator.MigrateAsync(_database, TimeProvider.System, default);
        _meetings = new SqlMeetingRepository(_database);
        _participants = new SqlParticipantRepository(_database);
        _chat = new SqlChatRepository(_database);
        _quality = new SqlQualityRepository(_database);
        _diagnostics = new SqlDiagnosticRepository(_database);
        _survey = new SqlSurveyRepository(_database);
        _stored = new StoredRows(_database);
    }

    public virtual async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task AddMeeting_Twice_KeepsFirstRow()
    {
        var row = Meeting("acme", "m1") with { EndTime = null, Settings = "{\"mode\":\"Auto\"}", HostId = "ann" };
        Assert.True(await _meetings.AddAsync(row, default));
        Assert.False(await _meetings.AddAsync(row with { Title = "Other" }, default));
        Assert.Equal(row, await _meetings.FindAsync("acme", "m1", default));
    }

    [Fact]
    public async Task Meeting_OfOtherTenant_IsNotFoundOrChanged()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _participants.AddAsync(Participant("acme", "m1", "p1"), default);
        await _chat.AppendAsync(Message("acme", "m1", "hello"), default);

        Assert.Null(await _meetings.FindAsync("globex", "m1", default));
        Assert.False(await _meetings.CloseAsync("globex", "m1", 5, default));
        await _meetings.RemoveAsync("globex", "m1", default);
        Assert.Null(await _participants.FindAsync("globex", "m1", "p1", default));
        Assert.False(await _participants.RemoveAsync("globex", "m1", "p1", 5, default));
        Assert.Empty(await _chat.ListAfterAsync("globex", "m1", 0, 10, default));
        Assert.Empty(await _chat.ListLastAsync("globex", "m1", 10, default));
        Assert.Equal(AppendOutcome.NoMeeting, (await _chat.AppendAsync(Message("globex", "m1", "intruder"), default)).Outcome);

        Assert.Equal(MeetingRowStatus.Open, (await _meetings.FindAsync("acme", "m1", default))!.Status);
        Assert.Single(await _chat.ListLastAsync("acme", "m1", 10, default));
    }

    [Fact]
    public async Task CloseMeeting_Twice_KeepsFirstEndTime()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        Assert.True(await _meetings.CloseAsync("acme", "m1", 500, default));
        Assert.False(await _meetings.CloseAsync("acme", "m1", 900, default));
        var row = await _meetings.FindAsync("acme", "m1", default);
        Assert.Equal((MeetingRowStatus.Ended, 500L), (row!.Status, row.EndTime));
    }

    [Fact]
    public async Task AddQuality_Twice_KeepsLatestAndAddsSumsOnce()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        QualityLineRow line = new() { Tenant = "acme", MeetingId = "m1", ParticipantId = "p1", UpdatedAt = 10, RttMs = 40, ReceiveLoss = 0.2, FirstFrameMs = 620, Path = "tcp", PathReason = "udp-unanswered", Reports = 1, RttReports = 1, SumRttMs = 40, SumReceiveLoss = 0.2 };
        QualityTrackRow track = new()
        {
            Tenant = "acme", MeetingId = "m1", ParticipantId = "p1", SenderId = "p2", Source = "camera", UpdatedAt = 10, Quality = "poor", Kbps = 300, Height = 360, Reports = 1, PoorReports = 1, SumKbps = 300,
        };
        await _quality.AddAsync("acme", "m1", [line], [track], default);
        await _quality.AddAsync("acme", "m1", [line], [track], default); // as after an outage during the commit
        await _quality.AddAsync("acme", "m1", [line with { UpdatedAt = 20, RttMs = null, FirstFrameMs = null, Path = null, PathReason = null, RttReports = 0, SumRttMs = 0 }], [track with { UpdatedAt = 20, Quality = "good", Kbps = 500, SumKbps = 500, PoorReports = 0 }], default);

        var stored = Assert.Single(await _quality.ListLinesAsync("acme", "m1", "", 10, default));
        Assert.Equal(line with { UpdatedAt = 20, Reports = 2, SumReceiveLoss = 0.4 }, stored);
        Assert.Equal(track with { UpdatedAt = 20, Quality = "good", Kbps = 500, Reports = 2, SumKbps = 800 }, Assert.Single(await _quality.ListTracksAsync("acme", "m1", "p1", "p1", default)));
        Assert.Empty(await _quality.ListLinesAsync("acme", "m1", "p1", 10, default));
        Assert.Empty(await _quality.ListTracksAsync("acme", "m1", "p2", "p9", default));

        await _quality.AddAsync("acme", "m1", [line with { UpdatedAt = 30, Path = "udp", PathReason = null }], [], default);
        stored = Assert.Single(await _quality.ListLinesAsync("acme", "m1", "", 10, default));
        Assert.Equal(("udp", null), (stored.Path, stored.PathReason));
    }

    [Fact]
    public async Task ListLines_OfKnownAndUnknownParticipants_HaveNamesOfThoseInMeeting()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _meetings.AddAsync(Meeting("acme", "m2"), default);
        await _participants.AddAsync(Participant("acme", "m1", "p1") with { DisplayName = "Ann" }, default);
        await _participants.AddAsync(Participant("acme", "m2", "p2") with { DisplayName = "Bob" }, default);
        QualityLineRow line = new() { Tenant = "acme", MeetingId = "m1", ParticipantId = "p1", UpdatedAt = 10, Reports = 1 };
        await _quality.AddAsync("acme", "m1", [line, line with { ParticipantId = "p2" }], [], default);

        var listed = await _quality.ListLinesAsync("acme", "m1", "", 10, default);
        Assert.Equal(new (string, string?)[] { ("p1", "Ann"), ("p2", null) }, listed.Select(row => (row.ParticipantId, row.DisplayName)));
    }

    [Fact]
    public async Task Quality_OfOtherTenantOrUnknownMeeting_IsNotFoundOrWritten()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        QualityLineRow line = new() { Tenant = "acme", MeetingId = "m1", ParticipantId = "p1", UpdatedAt = 10, Reports = 1 };
        await _quality.AddAsync("acme", "m1", [line], [], default);
        await _quality.AddAsync("globex", "m1", [line with { Tenant = "globex" }], [], default);
        Assert.Empty(await _quality.ListLinesAsync("globex", "m1", "", 10, default));
        Assert.Single(await _quality.ListLinesAsync("acme", "m1", "", 10, default));
        await _meetings.RemoveAsync("acme", "m1", default);
        Assert.Empty(await _quality.ListLinesAsync("acme", "m1", "", 10, default));
    }

    [Fact]
    public async Task AddDiagnostic_ManyAtOnce_KeepsLimitsAndOldReports()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        foreach (var id in new[] { "p1", "p2", "p3" })
        {
            await _participants.AddAsync(Participant("acme", "m1", id), default);
        }

        Assert.Equal(DiagnosticOutcome.Stored, (await _diagnostics.AddAsync(Diagnostic("acme", "p1", "first"), 3, 5, default)).Outcome);
        var results = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => _diagnostics.AddAsync(Diagnostic("acme", $"p{(i % 3) + 1}", $"r{i}"), 3, 5, default)));

        Assert.Equal(4, results.Count(result => result.Outcome == DiagnosticOutcome.Stored));
        Assert.All(results, result => Assert.Equal(result.Outcome == DiagnosticOutcome.Stored, result.ReportId is not null));
        var listed = await _diagnostics.ListAsync("acme", "m1", default);
        Assert.Equal(5, listed.Count);
        Assert.Contains(listed, row => row.Reference == "first");
        Assert.All(listed.CountBy(row => row.ParticipantId), group => Assert.InRange(group.Value, 1, 3));
        Assert.Equal(DiagnosticOutcome.MeetingFull, (await _diagnostics.AddAsync(Diagnostic("acme", "p3", "late"), 9, 5, default)).Outcome);
        Assert.Equal(DiagnosticOutcome.ParticipantFull, (await _diagnostics.AddAsync(Diagnostic("acme", "p1", "late"), 1, 9, default)).Outcome);
        var again = await _diagnostics.AddAsync(Diagnostic("acme", "p1", "first"), 3, 5, default);
        Assert.Equal((DiagnosticOutcome.Duplicate, listed.Single(row => row.Reference == "first").ReportId), (again.Outcome, again.ReportId));
    }

    [Fact]
    public async Task Diagnostic_OfOtherTenant_IsNotFoundOrWritten()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _participants.AddAsync(Participant("acme", "m1", "p1"), default);
        var id = (await _diagnostics.AddAsync(Diagnostic("acme", "p1", "r"), 9, 9, default)).ReportId!;
        Assert.Equal(DiagnosticOutcome.Ended, (await _diagnostics.AddAsync(Diagnostic("globex", "p1", "r"), 9, 9, default)).Outcome);
        Assert.Empty(await _diagnostics.ListAsync("globex", "m1", default));
        Assert.Null(await _diagnostics.FindAsync("globex", "m1", id, default));
        var stored = await _diagnostics.FindAsync("acme", "m1", id, default);
        Assert.Equal(("[1]", "hello", 7L), (stored!.Statistics, stored.Text, stored.CreatedAt));
        Assert.NotNull(stored.DisplayName);
    }

    [Fact]
    public async Task Diagnostic_OfEndedMeeting_IsRefusedAndDeletedWithItsRows()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _participants.AddAsync(Participant("acme", "m1", "p1"), default);
        await _diagnostics.AddAsync(Diagnostic("acme", "p1", "r"), 9, 9, default);
        await _meetings.CloseAsync("acme", "m1", 500, default);
        Assert.Equal(DiagnosticOutcome.Ended, (await _diagnostics.AddAsync(Diagnostic("acme", "p1", "s"), 9, 9, default)).Outcome);
        Assert.Single(await _diagnostics.ListAsync("acme", "m1", default));

        Assert.Equal(1, await new SqlRetentionRepository(_database).RemoveEndedBeforeAsync(501, 10, default));
        Assert.Empty(await _diagnostics.ListAsync("acme", "m1", default));
    }

    [Fact]
    public async Task SurveyAnswer_Repeated_ReplacesTheFirst()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        foreach (var id in new[] { "p1", "p2" })
        {
            await _participants.AddAsync(Participant("acme", "m1", id), default);
        }

        Assert.Equal(SurveyOutcome.Stored, await _survey.AnswerAsync(Answer("acme", "p1", 1) with { Text = "bad" }, 0, default));
        Assert.Equal(SurveyOutcome.Replaced, await _survey.AnswerAsync(Answer("acme", "p1", 4), 0, default));
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _survey.AnswerAsync(Answer("acme", "p2", 4), 0, default)));
        Assert.Equal([new SurveyCount { Rating = 4, Answers = 2 }], await _survey.CountAsync("acme", "m1", default));
        var first = Assert.Single(await _survey.ListAsync("acme", "m1", "", 1, default));
        Assert.Equal(("p1", 4, null), (first.ParticipantId, first.Rating, first.Text));
        Assert.Equal("p2", Assert.Single(await _survey.ListAsync("acme", "m1", "p1", 10, default)).ParticipantId);
    }

    [Fact]
    public async Task SurveyAnswer_AfterTheEnd_IsStoredForALimitedTimeAndDeletedWithItsMeeting()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _participants.AddAsync(Participant("acme", "m1", "p1"), default);
        await _meetings.CloseAsync("acme", "m1", 500, default);
        Assert.Equal(SurveyOutcome.Ended, await _survey.AnswerAsync(Answer("acme", "p1", 1), 501, default));
        Assert.Empty(await _survey.CountAsync("acme", "m1", default));
        Assert.Equal(SurveyOutcome.Stored, await _survey.AnswerAsync(Answer("acme", "p1", 1), 500, default));
        Assert.Equal(1, await new SqlRetentionRepository(_database).RemoveEndedBeforeAsync(501, 10, default));
        Assert.Empty(await _survey.ListAsync("acme", "m1", "", 10, default));
    }

    [Fact]
    public async Task SurveyAnswer_OfOtherTenantOrRemovedParticipant_IsRefused()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _participants.AddAsync(Participant("acme", "m1", "p1"), default);
        await _survey.AnswerAsync(Answer("acme", "p1", 5), 0, default);
        Assert.Equal(SurveyOutcome.Ended, await _survey.AnswerAsync(Answer("globex", "p1", 1), 0, default));
        Assert.Empty(await _survey.CountAsync("globex", "m1", default));
        Assert.Empty(await _survey.ListAsync("globex", "m1", "", 10, default));
        Assert.Equal(SurveyOutcome.NotMember, await _survey.AnswerAsync(Answer("acme", "p2", 1), 0, default));
        await _participants.RemoveAsync("acme", "m1", "p1", 700, default);
        Assert.Equal(SurveyOutcome.NotMember, await _survey.AnswerAsync(Answer("acme", "p1", 1), 0, default));
        Assert.Equal(5, Assert.Single(await _survey.CountAsync("acme", "m1", default)).Rating);
    }

    [Fact]
    public async Task RemoveMeeting_WithDependentRows_DeletesAll()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _participants.AddAsync(Participant("acme", "m1", "p1"), default);
        await _chat.AppendAsync(Message("acme", "m1", "hello"), default);
        await _meetings.RemoveAsync("acme", "m1", default);
        Assert.Null(await _meetings.FindAsync("acme", "m1", default));
        Assert.Empty(await _stored.ListParticipantsAsync("acme", "m1"));
        Assert.Empty(await _chat.ListLastAsync("acme", "m1", 10, default));
    }

    [Fact]
    public async Task SetStatus_LeftAndConnected_UpdatesLeaveTime()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        var row = Participant("acme", "m1", "p1") with { UserId = "u-1", VideoEnabled = false };
        await _participants.AddAsync(row, default);
        Assert.Equal(row, await _participants.FindAsync("acme", "m1", "p1", default));

        Assert.True(await _participants.SetStatusAsync("acme", "m1", "p1", ConnectionStatuses.Left, 700, default));
        Assert.Equal(700, (await _participants.FindAsync("acme", "m1", "p1", default))!.LeaveTime);
        Assert.True(await _participants.SetStatusAsync("acme", "m1", "p1", ConnectionStatuses.Connected, 800, default));
        Assert.Null((await _participants.FindAsync("acme", "m1", "p1", default))!.LeaveTime);
    }

    [Fact]
    public async Task RemoveParticipant_ThenConnected_StaysRemoved()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _participants.AddAsync(Participant("acme", "m1", "p1"), default);
        Assert.True(await _participants.RemoveAsync("acme", "m1", "p1", 700, default));
        Assert.False(await _participants.SetStatusAsync("acme", "m1", "p1", ConnectionStatuses.Connected, 800, default));
        Assert.True(await _participants.RemoveAsync("acme", "m1", "p1", 900, default), "repeating a removal succeeds because the first response may be lost");
        Assert.Equal(ConnectionStatuses.Removed, (await _participants.FindAsync("acme", "m1", "p1", default))!.ConnectionStatus);
    }

    [Fact]
    public async Task SetMedia_AudioOnly_KeepsVideo()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _participants.AddAsync(Participant("acme", "m1", "p1"), default);
        await _participants.SetMediaAsync("acme", "m1", "p1", audio: false, video: null, default);
        var row = await _participants.FindAsync("acme", "m1", "p1", default);
        Assert.Equal((false, true), (row!.AudioEnabled, row.VideoEnabled));
    }

    [Fact]
    public async Task AppendChat_ConcurrentWriters_AssignsIdsWithoutGaps()
    {
        await MeetingWithAnnAsync("m1");
        await MeetingWithAnnAsync("m2");
        var appended = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () => (await _chat.AppendAsync(Message("acme", i % 2 == 0 ? "m1" : "m2", $"line {i}"), default)).Row)));

        foreach (var meeting in new[] { "m1", "m2" })
        {
            var stored = await _chat.ListAfterAsync("acme", meeting, 0, 100, default);
            Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), stored.Select(l => l.MessageId));
            Assert.Equal(appended.Where(l => l!.MeetingId == meeting).OrderBy(l => l!.MessageId).Select(l => l!.Content), stored.Select(l => l.Content));
        }
    }

    [Fact]
    public async Task AppendChat_SameReferenceAndSender_StoresOnce()
    {
        await MeetingWithAnnAsync("m1");
        await _participants.AddAsync(Participant("acme", "m1", "p2"), default);
        var message = Message("acme", "m1", "once") with { Reference = "r-1" };
        var appended = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _chat.AppendAsync(message, default))));
        Assert.Single(appended, a => a.Outcome == AppendOutcome.Stored);
        Assert.All(appended, a => Assert.Equal(1, a.Row!.MessageId));
        Assert.Equal(2, (await _chat.AppendAsync(message with { SenderId = "p2" }, default)).Row!.MessageId);
        Assert.Equal(["r-1", "r-1"], (await _chat.ListLastAsync("acme", "m1", 10, default)).Select(l => l.Reference));
    }

    [Fact]
    public async Task AppendChat_RemovedOrUnknownSenderOrEnded_IsNotStored()
    {
        await MeetingWithAnnAsync("m1");
        await _participants.AddAsync(Participant("acme", "m1", "p2"), default);
        await _chat.AppendAsync(Message("acme", "m1", "before"), default);
        await _participants.RemoveAsync("acme", "m1", "p1", 400, default);
        Assert.Equal(AppendOutcome.NotMember, (await _chat.AppendAsync(Message("acme", "m1", "after"), default)).Outcome);
        Assert.Equal(AppendOutcome.NotMember, (await _chat.AppendAsync(Message("acme", "m1", "who") with { SenderId = "p3" }, default)).Outcome);
        Assert.Equal(2, (await _chat.AppendAsync(Message("acme", "m1", "me") with { SenderId = "p2" }, default)).Row!.MessageId);
        await _meetings.CloseAsync("acme", "m1", 500, default);
        Assert.Equal(AppendOutcome.NoMeeting, (await _chat.AppendAsync(Message("acme", "m1", "late") with { SenderId = "p2" }, default)).Outcome);
        Assert.Equal(["before", "me"], (await _chat.ListLastAsync("acme", "m1", 10, default)).Select(l => l.Content));
    }

    [Fact]
    public async Task AppendChat_SenderRemovedConcurrently_StoresNothingLater()
    {
        await MeetingWithAnnAsync("m1");
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await _chat.AppendAsync(Message("acme", "m1", "again"), default);

                // SQLite does not queue writers, so constant writes could starve the removal.
                await Task.Delay(5);
            }
        })).ToList();
        await Eventually.TrueAsync(async () => (await _chat.ListLastAsync("acme", "m1", 10, default)).Count == 10, "messages are being stored");

        await _participants.RemoveAsync("acme", "m1", "p1", 400, default);
        var atRemoval = (await _chat.ListLastAsync("acme", "m1", 1, default))[0].MessageId;

        Assert.Equal(AppendOutcome.NotMember, (await _chat.AppendAsync(Message("acme", "m1", "later"), default)).Outcome);
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        Assert.Equal(atRemoval, (await _chat.ListLastAsync("acme", "m1", 1, default))[0].MessageId);
    }

    [Fact]
    public async Task ListModerationStates_OneTenant_ReturnsEndedAndRemoved()
    {
        await MeetingWithAnnAsync("m1");
        await MeetingWithAnnAsync("m2");
        await MeetingWithAnnAsync("m3");
        await _participants.RemoveAsync("acme", "m1", "p1", 400, default);
        await _meetings.CloseAsync("acme", "m2", 500, default);
        var states = await _meetings.ListModerationStatesAsync("acme", ["m1", "m2", "m3"], default);
        Assert.Equal(["m1", "m2"], states.Keys.Order());
        Assert.Equal((false, "p1"), (states["m1"].HasEnded, Assert.Single(states["m1"].Removed)));
        Assert.Equal((true, 0), (states["m2"].HasEnded, states["m2"].Removed.Count));
        Assert.Empty(await _meetings.ListModerationStatesAsync("globex", ["m1", "m2"], default));
    }

    [Fact]
    public async Task ReopenMeeting_DifferentEndTime_ChangesNothing()
    {
        await MeetingWithAnnAsync("m1");
        await _meetings.CloseAsync("acme", "m1", 500, default);
        await _meetings.ReopenAsync("acme", "m1", 499, default);
        Assert.Equal(MeetingRowStatus.Ended, (await _meetings.FindAsync("acme", "m1", default))!.Status);
        await _meetings.ReopenAsync("acme", "m1", 500, default);
        var row = await _meetings.FindAsync("acme", "m1", default);
        Assert.Equal((MeetingRowStatus.Open, null), (row!.Status, row.EndTime));
    }

    [Fact]
    public async Task FindMeetingById_AnyTenant_ReturnsRow()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        await _meetings.AddAsync(Meeting("globex", "m2"), default);
        Assert.Equal("globex", (await _meetings.FindByIdAsync("m2", default))!.Tenant);
        Assert.Null(await _meetings.FindByIdAsync("m3", default));
    }

    [Fact]
    public async Task ListChat_Pages_AreOldestFirst()
    {
        await MeetingWithAnnAsync("m1");
        for (var i = 1; i <= 7; i++)
        {
            await _chat.AppendAsync(Message("acme", "m1", $"line {i} \u00e9\U0001F600 'quoted' %_"), default);
        }

        Assert.Equal([3, 4], (await _chat.ListAfterAsync("acme", "m1", 2, 2, default)).Select(l => l.MessageId));
        var last = await _chat.ListLastAsync("acme", "m1", 3, default);
        Assert.Equal([5, 6, 7], last.Select(l => l.MessageId));
        Assert.Equal("line 7 \u00e9\U0001F600 'quoted' %_", last[^1].Content);
        Assert.Equal("Ann", last[^1].DisplayName);
    }

    [Fact]
    public async Task AddUser_Twice_KeepsFirstRow()
    {
        var users = new SqlUserRepository(_database);
        var ann = new UserRow { Tenant = "acme", UserId = "u-1", Name = "Ann", Email = "ann@example.org" };
        await users.AddAsync(ann, default);
        await users.AddAsync(new UserRow { Tenant = "acme", UserId = "u-1", Name = "Mallory", ProfilePicture = "https://example.org/m.png" }, default);
        Assert.Equal(ann, await _stored.FindUserAsync("acme", "u-1"));
    }

    [Fact]
    public async Task ClaimIdempotencyKey_Concurrently_ReturnsOneClaimUntilExpiry()
    {
        var keys = new SqlIdempotencyRepository(_database);
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => keys.ClaimAsync(Claim($"m{i}", expires: 1_000), 500, default))));
        var claimed = Assert.Single(claims.Distinct());
        Assert.Equal(claimed, await keys.ClaimAsync(Claim("late", expires: 2_000) with { BodyHash = "other" }, 999, default));
        var completed = await keys.CompleteAsync(claimed, "uid-1", 600, default);
        Assert.Equal(claimed with { CompletedAt = 600, MeetingUid = "uid-1" }, completed);
        Assert.Equal(completed, await keys.CompleteAsync(claimed, "uid-2", 700, default));

        Assert.Equal("theirs", (await keys.ClaimAsync(Claim("theirs", expires: 1_000) with { Tenant = "globex" }, 999, default)).MeetingId);
        var next = await keys.ClaimAsync(Claim("next", expires: 2_000), 1_000, default);
        Assert.Equal(("next", (long?)null), (next.MeetingId, next.CompletedAt));

        static IdempotencyRow Claim(string meeting, long expires) =>
            new() { Tenant = "acme", KeyHash = "key", BodyHash = "body", MeetingId = meeting, TokenId = "token", ExpiresAt = expires };
    }

    [Fact]
    public async Task SaveMediaStream_Twice_KeepsOneRow()
    {
        await _meetings.AddAsync(Meeting("acme", "m1"), default);
        var streams = new SqlMediaStreamRepository(_database);
        var row = new MediaStreamRow { Tenant = "acme", MeetingId = "m1", StreamId = "p1/camera", ParticipantId = "p1", StreamType = "camera" };
        await streams.SaveAsync(row, default);
        await streams.SaveAsync(row with { Codec = "VP8", Resolution = "1280x720", Bitrate = 1_500_000 }, default);
        Assert.Equal([row with { Codec = "VP8", Resolution = "1280x720", Bitrate = 1_500_000 }], await _stored.ListStreamsAsync("acme", "m1"));
        await streams.RemoveAsync("acme", "m1", "p1/camera", default);
        Assert.Empty(await _stored.ListStreamsAsync("acme", "m1"));
    }

    [Fact]
    public async Task RemoveEndedBefore_OldAndRecentMeetings_DeletesOnlyOld()
    {
        var (meetings, participants, chat) = (new SqlMeetingRepository(_database), new SqlParticipantRepository(_database), new SqlChatRepository(_database));
        var streams = new SqlMediaStreamRepository(_database);
        foreach (var (tenant, id, ended) in ((string, string, long?)[])[("acme", "old", 1_000), ("other", "old-too", 1_500), ("acme", "recent", 5_000), ("acme", "open", null)])
        {
            await meetings.AddAsync(Meeting(tenant, id), default);
            await participants.AddAsync(Participant(tenant, id, "p1"), default);
            await chat.AppendAsync(Message(tenant, id, "hello"), default);
            await streams.SaveAsync(new MediaStreamRow { Tenant = tenant, MeetingId = id, StreamId = "p1/camera", ParticipantId = "p1", StreamType = "camera" }, default);
            if (ended is { } at)
            {
                await meetings.CloseAsync(tenant, id, at, default);
            }
        }

        var retention = new SqlRetentionRepository(_database);
        Assert.Equal(1, await retention.RemoveEndedBeforeAsync(2_000, 1, default));
        Assert.Equal(1, await retention.RemoveEndedBeforeAsync(2_000, 10, default));
        Assert.Equal(0, await retention.RemoveEndedBeforeAsync(2_000, 10, default));

        Assert.Null(await meetings.FindAsync("acme", "old", default));
        Assert.Null(await meetings.FindAsync("other", "old-too", default));
        Assert.Empty(await _stored.ListParticipantsAsync("acme", "old"));
        Assert.Empty(await chat.ListLastAsync("acme", "old", 10, default));
        Assert.Empty(await _stored.ListStreamsAsync("acme", "old"));
        Assert.NotNull(await meetings.FindAsync("acme", "recent", default));
        Assert.NotEmpty(await _stored.ListStreamsAsync("acme", "recent"));
        Assert.NotEmpty(await chat.ListLastAsync("acme", "open", 10, default));
    }

    [Fact]
    public async Task Migrate_ConcurrentReplicas_AppliesEachMigrationOnce()
    {
        var connection = await ConnectionAsync();
        var replicas = Enumerable.Range(0, 6).Select(_ => SqlDatabases.Create(connection)).ToList();
        var applied = await Task.WhenAll(replicas.Select(i => Task.Run(() => Migrator.MigrateAsync(i, TimeProvider.System, default))));
        Assert.Equal(Migrator.Load(replicas[0].Engine).Count, applied.Sum());
        Assert.Single(applied, n => n > 0);
        foreach (var replica in replicas)
        {
            await replica.DisposeAsync();
        }
    }

    [Fact]
    public async Task Migrate_IncompatibleNewerSchema_Throws()
    {
        var known = Migrator.Load(_database.Engine);
        await Migrator.MigrateAsync(_database, [.. known, new Migration(9999, "9999_contract", "ALTER TABLE chat_messages DROP COLUMN content")], TimeProvider.System, default);

        var error = await Assert.ThrowsAsync<SchemaTooNewException>(() => Migrator.MigrateAsync(_database, TimeProvider.System, default));
        Assert.Contains("migration 9999", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_CompatibleNewerSchema_ChangesNothing()
    {
        var known = Migrator.Load(_database.Engine);
        var added = new Migration(9999, "9999_expand", $"-- min-reader: {known[^1].Version}\nALTER TABLE chat_messages ADD COLUMN mood TEXT");
        Assert.Equal(1, await Migrator.MigrateAsync(_database, [.. known, added], TimeProvider.System, default));

        Assert.Equal(0, await Migrator.MigrateAsync(_database, TimeProvider.System, default));
    }

    [Fact]
    public void Load_BothEngines_HaveSameMigrations()
    {
        Assert.Equal(Migrator.Load("sqlite").Select(m => (m.Name, m.MinReader)), Migrator.Load("postgres").Select(m => (m.Name, m.MinReader)));
        Assert.Equal(Enumerable.Range(1, Migrator.Load("sqlite").Count), Migrator.Load("sqlite").Select(m => m.Version));
    }

    /// <summary>Returns the connection string of an empty database.</summary>
    protected abstract Task<string> ConnectionAsync();

    private async Task MeetingWithAnnAsync(string id)
    {
        await _meetings.AddAsync(Meeting("acme", id), default);
        await _participants.AddAsync(Participant("acme", id, "p1"), default);
    }

    private static DiagnosticRow Diagnostic(string tenant, string participantId, string reference) => new()
    {
        Tenant = tenant, MeetingId = "m1", ReportId = Guid.NewGuid().ToString("D"), ParticipantId = participantId, Reference = reference, CreatedAt = 7, Text = "hello", Browser = "Firefox", Statistics = "[1]",
    };

    private static SurveyRow Answer(string tenant, string participantId, int rating) => new() { Tenant = tenant, MeetingId = "m1", ParticipantId = participantId, Rating = rating, UpdatedAt = 7 };

    private static MeetingRow Meeting(string tenant, string id) =>
        new() { Tenant = tenant, MeetingId = id, Title = "Planning", StartTime = 100, MaxParticipants = 25 };

    private static ParticipantRow Participant(string tenant, string meeting, string id) =>
        new() { Tenant = tenant, MeetingId = meeting, ParticipantId = id, DisplayName = "Ann", Role = "participant", JoinTime = 200 };

    private static ChatRow Message(string tenant, string meeting, string text) =>
        new() { Tenant = tenant, MeetingId = meeting, SenderId = "p1", DisplayName = "Ann", Content = text, Timestamp = 300, Reference = Guid.NewGuid().ToString("N") };
}
