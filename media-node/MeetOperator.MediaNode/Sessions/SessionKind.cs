namespace MeetOperator.MediaNode.Sessions;

internal enum SessionKind
{
    Publish,
    Subscribe,
    Play,
}
