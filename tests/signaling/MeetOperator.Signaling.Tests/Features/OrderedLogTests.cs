using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Migrations;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Features;
using MeetOperator.Signaling.Features.Chat;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Tests.Features;

/// <summary>Tests the delivery of log entries (chat messages) to the members of one session while new entries are stored.</summary>
public sealed class OrderedLogTests : IAsyncLifetime
{
    private static readonly MeetingKey Meeting = new("acme", "m1");

    private readonly string _folder = Daemon.NewFolder("chat-feed");
    private ISqlDatabase _database = null!;
    private SqlChatRepository _chat = null!;

    public async Task InitializeAsync()
    {
        _database = SqlDatabases.Create($"sqlite:{Path.Combine(_folder, "chat.db")}");
        await Migrator.MigrateAsync(_database, TimeProvider.System, default);
        await new SqlMeetingRepository(_database).AddAsync(new MeetingRow { Tenant = Meeting.Tenant, MeetingId = Meeting.MeetingId, Title = "Chat", Status = MeetingRowStatus.Open, StartTime = 1 }, default);
        await new SqlParticipantRepository(_database).AddAsync(
            new ParticipantRow { Tenant = Meeting.Tenant, MeetingId = Meeting.MeetingId, ParticipantId = "ann", DisplayName = "Ann", Role = "participant", ConnectionStatus = ConnectionStatuses.Connected, JoinTime = 1 }, default);
        _chat = new SqlChatRepository(_database);
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Replay_MessagesStoredMeanwhile_DeliversEachOnceInOrder()
    {
        await AppendAsync("line 1");
        var repository = new InterruptedRepository(_chat, () => AppendAsync("line 3"));
        var log = new OrderedLog<ChatRow>(new ChatLog(repository, Meeting));
        await using var ann = await TestMember.OpenAsync("ann");
        await log.ReplayAsync(ann.Member, [], default);

        // Ann has not received this message when Bob joins, and another one is stored between the reads for Bob and for Ann.
        await AppendAsync("line 2");
        repository.RunsAction = true;
        await using var bob = await TestMember.OpenAsync("bob");
        await log.ReplayAsync(bob.Member, [ann.Member], default);

        await AppendAsync("line 4");
        await log.DeliverAsync(4, "{\"messageId\":\"4\"}", [ann.Member, bob.Member], default);
        Assert.Equal(["1", "2", "3", "4"], await ann.ReadAsync(4));
        Assert.Equal(["1", "2", "3", "4"], await bob.ReadAsync(4));
    }

    [Fact]
    public async Task Deliver_AfterFailedReplay_SendsAllMessages()
    {
        await AppendAsync("line 1");
        var repository = new InterruptedRepository(_chat, () => throw new IOException("The database is unavailable."));
        var log = new OrderedLog<ChatRow>(new ChatLog(repository, Meeting));
        repository.RunsAction = true;
        await using var ann = await TestMember.OpenAsync("ann");
        await Assert.ThrowsAsync<IOException>(() => log.ReplayAsync(ann.Member, [], default));

        await using var bob = await TestMember.OpenAsync("bob");
        await log.ReplayAsync(bob.Member, [ann.Member], default);
        await AppendAsync("line 2");
        await log.DeliverAsync(2, "{\"messageId\":\"2\"}", [ann.Member, bob.Member], default);
        Assert.Equal(["1", "2"], await ann.ReadAsync(2));
        Assert.Equal(["1", "2"], await bob.ReadAsync(2));
    }

    private Task AppendAsync(string text) =>
        _chat.AppendAsync(new ChatRow { Tenant = Meeting.Tenant, MeetingId = Meeting.MeetingId, SenderId = "ann", DisplayName = "Ann", Content = text, Reference = text }, default);

    /// <summary>A repository that runs an action right after the chat history was read.</summary>
    private sealed class InterruptedRepository(IChatRepository inner, Func<Task> action) : IChatRepository
    {
        public bool RunsAction { get; set; }

        public Task<AppendResult> AppendAsync(ChatRow message, CancellationToken ct) => inner.AppendAsync(message, ct);

        public Task<IReadOnlyList<ChatRow>> ListAfterAsync(string tenant, string meetingId, long afterMessageId, int limit, CancellationToken ct) =>
            inner.ListAfterAsync(tenant, meetingId, afterMessageId, limit, ct);

        public async Task<IReadOnlyList<ChatRow>> ListLastAsync(string tenant, string meetingId, int limit, CancellationToken ct)
        {
            var rows = await inner.ListLastAsync(tenant, meetingId, limit, ct);
            if (RunsAction)
            {
                RunsAction = false;
                await action();
            }

            return rows;
        }
    }

    /// <summary>A member and the client end of its socket.</summary>
    private sealed class TestMember(Member member, WebSocket client) : IAsyncDisposable
    {
        public Member Member { get; } = member;

        public static async Task<TestMember> OpenAsync(string id)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var caller = new TcpClient();
            await caller.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
            var server = WebSocket.CreateFromStream((await listener.AcceptTcpClientAsync()).GetStream(), new WebSocketCreationOptions { IsServer = true });
            var socket = new ClientSocket(server, TimeProvider.System, TimeSpan.FromSeconds(30));
            var identity = new SocketIdentity(Meeting, id, id, ParticipantRole.Participant, HasTicket: true, IsReturning: false);
            return new TestMember(new Member(identity, socket, resume: false), WebSocket.CreateFromStream(caller.GetStream(), new WebSocketCreationOptions { IsServer = false }));
        }

        /// <summary>Reads the IDs of the next messages.</summary>
        public async Task<List<string>> ReadAsync(int count)
        {
            var ids = new List<string>();
            var buffer = new byte[8 * 1024];
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (ids.Count < count)
            {
                var result = await client.ReceiveAsync(buffer, limit.Token);
                ids.Add((string)JsonNode.Parse(buffer.AsSpan(0, result.Count))!["messageId"]!);
            }

            return ids;
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            await Member.Transport.DisposeAsync();
        }
    }
}
