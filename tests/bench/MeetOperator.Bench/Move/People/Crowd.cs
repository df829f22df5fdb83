using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace MeetOperator.Bench.Move.People;

/// <summary>The people of one meeting. One thread runs all of them; other threads pass it work.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _url;
    private readonly ConcurrentQueue<Action> _work = new();
    private readonly ConcurrentDictionary<string, ushort> _persons = new();
    private readonly List<Member> _members = [];
    private readonly CancellationTokenSource _over = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly int _tick;
    private readonly Task _running;
    private TimeSpan _longestPause;

    /// <param name="http">For the REST calls.</param>
    /// <param name="url">The address of signaling.</param>
    /// <param name="meeting">The meeting's ID.</param>
    /// <param name="tick">How often the people look at what has arrived and send what is due, in milliseconds.</param>
    public Crowd(HttpClient http, Uri url, string meeting, int tick = 1)
    {
        (_http, _url, Meeting, _tick) = (http, url, meeting, tick);
        _running = Task.Factory.StartNew(Run, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public string Meeting { get; }

    public TimeSpan Now => _clock.Elapsed;

    /// <summary>The clock of the arrival times.</summary>
    public static long KernelTicks => DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks;

    /// <summary>Lets a person join. Returns it when its socket is open.</summary>
    public async Task<Member> JoinAsync(MediaPlan plan)
    {
        using var response = await _http.PostAsJsonAsync(new Uri(_url, $"meetings/{Meeting}/join"), new { displayName = $"Person {plan.Person}" }).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"join responded with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync().ConfigureAwait(false)}");
        }

        var joined = (await response.Content.ReadFromJsonAsync<JsonNode>().ConfigureAwait(false))!;
        var id = joined["participantId"]!.GetValue<string>();
        _persons[id] = plan.Person;
        var address = new Uri(joined["webSocketUrl"]!.GetValue<string>());
        var again = new UriBuilder(address) { Path = $"/meetings/{Meeting}", Query = "" }.Uri;
        var socket = await MemberSocket.OpenAsync(address, again, plan.MayReconnect ? joined["ticket"]!.GetValue<string>() : null).ConfigureAwait(false);
        return await OnThreadAsync(() =>
        {
            var member = new Member(id, socket, plan, id => _persons.TryGetValue(id, out var person) ? person : null);
            _members.Add(member);
            return member;
        }).ConfigureAwait(false);
    }

    /// <summary>Removes a person, who says so to the meeting.</summary>
    public Task LeaveAsync(Member member) => OnThreadAsync(() =>
    {
        member.Leave();
        _members.Remove(member);
        _members.ForEach(other => other.Reception.Forget(member.Plan.Person));
        _ = DisposeLaterAsync(member);
        return true;
    });

    /// <summary>Reads the state of the people on their thread.</summary>
    public Task<T> ReadAsync<T>(Func<IReadOnlyList<Member>, T> read) => OnThreadAsync(() => read(_members));

    /// <summary>Begins an observation of the gaps.</summary>
    public Task BeginAsync() => OnThreadAsync(() =>
    {
        _longestPause = TimeSpan.Zero;
        var now = KernelTicks;
        _members.ForEach(member => member.Reception.Begin(now));
        return true;
    });

    /// <summary>Ends the observation. Who received nothing for too long (<see cref="Member.LongestSilence"/> unless told otherwise) is dropped.</summary>
    public Task<Noticed> EndAsync(TimeSpan? longestSilence = null) => OnThreadAsync(() =>
    {
        var now = KernelTicks;
        var gaps = new List<Gaps>();
        foreach (var member in _members.Where(member => member.Dropped is null))
        {
            gaps.Add(member.Reception.Read(now));
            if (gaps[^1].Silence > ((longestSilence ?? Member.LongestSilence) + _longestPause).TotalMilliseconds)
            {
                member.Drop($"received nothing for {gaps[^1].Silence / 1_000:0.0} s");
            }
        }

        return new Noticed(gaps, _longestPause);
    });

    public async Task UntilAsync(string what, Func<IReadOnlyList<Member>, bool> condition, TimeSpan limit)
    {
        var end = Now + limit;
        while (!await ReadAsync(condition).ConfigureAwait(false))
        {
            if (Now > end)
            {
                var state = await ReadAsync(members => string.Join("; ", members.Select(member => member.Describe()))).ConfigureAwait(false);
                throw new TimeoutException($"Not reached within {limit.TotalSeconds} s: {what}. {state}");
            }

            await Task.Delay(20).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _members.ForEach(member => member.Dispose());
        _over.Dispose();
    }

    private async Task DisposeLaterAsync(Member member)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false); // the socket sends what waits
        _work.Enqueue(member.Dispose);
    }

    private async Task<T> OnThreadAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Enqueue(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return await done.Task.WaitAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(false);
    }

    private void Run()
    {
        var last = Now;
        while (!_over.IsCancellationRequested)
        {
            var now = Now;
            _longestPause = now - last > _longestPause ? now - last : _longestPause;
            last = now;
            while (_work.TryDequeue(out var work))
            {
                work();
            }

            foreach (var member in _members)
            {
                member.Tick(now);
            }

            Thread.Sleep(_tick);
        }
    }
}
