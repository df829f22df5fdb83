using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>The strict parser behind <see cref="ClientMessage.TryParse"/>.</summary>
internal static class ClientMessageReader
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = ProtocolLimits.MaxDepth, AllowDuplicateProperties = false };

    public static bool TryRead(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out ClientMessage? message, [NotNullWhen(false)] out ProtocolError? error)
    {
        message = null;
        if (utf8.Length > ProtocolLimits.MaxMessageBytes)
        {
            error = new ProtocolError(ErrorCode.TooLarge, $"The message has {utf8.Length} bytes. The limit is {ProtocolLimits.MaxMessageBytes} bytes.");
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(utf8.ToArray(), Strict);
            var fields = new FieldReader(document.RootElement);
            message = Read(fields);
            error = fields.Error is { } rejection ? rejection with { Reference = fields.ReferenceOrNull() } : null;
        }
        catch (JsonException e)
        {
            error = new ProtocolError(ErrorCode.BadMessage, $"The message must be one JSON object with unique keys and at most {ProtocolLimits.MaxDepth} levels of nesting (line {e.LineNumber + 1}).");
        }
        catch (InvalidOperationException)
        {
            // System.Text.Json throws this for a string with a lone surrogate or with bytes that are not UTF-8.
            error = new ProtocolError(ErrorCode.BadMessage, "A string in the message is not well-formed Unicode.");
        }

        message = error is null ? message : null;
        error ??= message is null ? new ProtocolError(ErrorCode.BadMessage, "The message could not be parsed.") : null;
        return message is not null;
    }

    private static ClientMessage? Read(FieldReader fields) => fields.Type() switch
    {
        null => null,
        "join" => new JoinMessage(fields.Id("participantId"), fields.Capability("resume"), fields.Capability("slots"), fields.Capability("e2ee") ? fields.IdentityKey() : null, fields.Capability("p2p"), fields.Capability("move"), fields.Muted("audio"), fields.Muted("video"), fields.Capability("tunnel")),
        "offer" => new OfferMessage(fields.Id("to"), fields.Sdp(), fields.Tracks(), fields.Flag("restart"), fields.SessionId(), fields.Reference(), fields.Flag("tunnel")),
        "answer" => new AnswerMessage(fields.Id("to"), fields.Sdp(), fields.Revision(), fields.SessionId()),
        "ice-candidate" => new IceCandidateMessage(fields.Id("to"), fields.Candidate()),
        "mute" => new MuteMessage(fields.MediaType(), true, fields.Reference()),
        "unmute" => new MuteMessage(fields.MediaType(), false, fields.Reference()),
        "view" => new ViewMessage(fields.Views(), fields.Pinned()),
        "quality" => fields.Quality(),
        "slots" => new SlotsAppliedMessage(fields.Id("sessionId"), fields.RequiredVersion()),
        "p2p-ready" => new P2pReadyMessage(fields.Id("to"), fields.Generation()),
        "p2p-failed" => new P2pFailedMessage(fields.Generation()),
        "e2ee-keys" => new E2eeKeysMessage(fields.E2eePayloads()),
        "chat" => new ChatMessage(fields.Chat(), fields.Reference()),
        "leave" => new LeaveMessage(),
        var type => fields.UnknownType(type),
    };
}
