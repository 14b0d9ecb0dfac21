// What a frontend on Relay asks of this server: refetchable and paginated fragments, feeds, mutations, subscriptions.
import { graphql } from 'relay-runtime';

export const pin = graphql`
  fragment pages_pin on Pin {
    id
    title
    altText
    image { width height dominantColor thumbHash url(width: 564) renditions { name width url } }
    creator { username displayName }
  }
`;

export const reasons = graphql`
  fragment pages_reasons on FeedEdge {
    score
    weak
    reasons { source score text pin { id title } board { id title } user { id username } topic { id name } }
  }
`;

export const home = graphql`
  query pagesHomeQuery { ...pages_home }
`;

export const homeFeed = graphql`
  fragment pages_home on Query
  @refetchable(queryName: "pagesHomePageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 25 }, after: { type: "String" }) {
    homeFeed(first: $first, after: $after) @connection(key: "pages_homeFeed") {
      edges { node { ...pages_pin } ...pages_reasons }
      degraded
    }
  }
`;

export const search = graphql`
  query pagesSearchQuery($query: String!, $filter: PinFilter) { ...pages_search @arguments(query: $query, filter: $filter) }
`;

export const searchFeed = graphql`
  fragment pages_search on Query
  @refetchable(queryName: "pagesSearchPageQuery")
  @argumentDefinitions(
    query: { type: "String!" }
    filter: { type: "PinFilter" }
    first: { type: "Int", defaultValue: 25 }
    after: { type: "String" }
  ) {
    searchPins(query: $query, filter: $filter, first: $first, after: $after)
      @connection(key: "pages_searchPins", filters: ["query", "filter"]) {
      edges { node { ...pages_pin } ...pages_reasons }
    }
  }
`;

export const board = graphql`
  query pagesBoardQuery($id: ID!) { node(id: $id) { __typename ...pages_board @alias } }
`;

export const boardPins = graphql`
  fragment pages_board on Board
  @refetchable(queryName: "pagesBoardPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 25 }, after: { type: "String" }) {
    title
    privacy
    pinCount
    viewerRole
    viewerFollows
    owner { id username }
    cover { url(width: 236) }
    pins(first: $first, after: $after) @connection(key: "pages_pins") {
      edges { savedAt note savedBy { username } node { ...pages_pin } }
    }
  }
`;

export const moreIdeas = graphql`
  fragment pages_moreIdeas on Board
  @refetchable(queryName: "pagesMoreIdeasPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 25 }, after: { type: "String" }) {
    moreIdeas(first: $first, after: $after) @connection(key: "pages_moreIdeas") {
      edges { node { ...pages_pin } ...pages_reasons }
    }
  }
`;

export const closeup = graphql`
  query pagesCloseupQuery($id: ID!) {
    node(id: $id) {
      ... on Pin {
        ...pages_pin @alias
        ...pages_related @alias
        description
        link
        domain
        saveCount
        viewerHid
        viewerSaves { savedAt note board { id title } }
        boards(first: 5) { edges { node { id title } } }
        similar(first: 10) { nodes { ...pages_pin } }
      }
    }
  }
`;

export const related = graphql`
  fragment pages_related on Pin
  @refetchable(queryName: "pagesRelatedPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 25 }, after: { type: "String" }) {
    related(first: $first, after: $after) @connection(key: "pages_related") {
      edges { node { ...pages_pin } ...pages_reasons }
    }
  }
`;

export const profile = graphql`
  query pagesProfileQuery($username: String!) {
    user(username: $username) {
      ...pages_boards
      ...pages_followers
      bio
      followerCount
      followingCount
      viewerFollows
      avatar { url(width: 236) }
    }
  }
`;

export const boards = graphql`
  fragment pages_boards on User
  @refetchable(queryName: "pagesBoardsPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 25 }, after: { type: "String" }) {
    boards(first: $first, after: $after) @connection(key: "pages_boards") {
      edges { node { id title pinCount cover { url(width: 236) } } }
    }
  }
`;

export const followers = graphql`
  fragment pages_followers on User
  @refetchable(queryName: "pagesFollowersPageQuery")
  @argumentDefinitions(first: { type: "Int", defaultValue: 25 }, after: { type: "String" }) {
    followers(first: $first, after: $after) @connection(key: "pages_followers") {
      edges { node { id username displayName viewerFollows } }
    }
  }
`;

export const things = graphql`
  query pagesThingsQuery($ids: [ID!]!) {
    nodes(ids: $ids) { id ... on Pin { title } ... on Board { title } ... on User { username } ... on Topic { name } }
  }
`;

export const topics = graphql`
  query pagesTopicsQuery { topics(first: 50) { edges { node { id name slug pinCount coverPins { ...pages_pin } } } } }
`;

export const createBoard = graphql`
  mutation pagesCreateBoardMutation($input: CreateBoardInput!, $connections: [ID!]!) {
    createBoard(input: $input) {
      board @prependNode(connections: $connections, edgeTypeName: "BoardEdge") { id title }
      userErrors { code message field }
    }
  }
`;

export const save = graphql`
  mutation pagesSaveMutation($input: SavePinInput!) {
    savePin(input: $input) {
      save { savedAt board { id pinCount } }
      pin { id saveCount viewerSaves { board { id } } }
      userErrors { code message field }
    }
  }
`;

export const remove = graphql`
  mutation pagesDeletePinMutation($input: DeletePinInput!, $connections: [ID!]!) {
    deletePin(input: $input) {
      deletedId @deleteEdge(connections: $connections) @deleteRecord
      userErrors { code message field }
    }
  }
`;

export const follow = graphql`
  mutation pagesFollowMutation($input: FollowUserInput!) {
    followUser(input: $input) { user { id viewerFollows followerCount } userErrors { code } }
  }
`;

export const newPins = graphql`
  subscription pagesNewPinsSubscription($boards: [ID!]) {
    newPins(boardIds: $boards) { eventId at pin { ...pages_pin } board { id title } savedBy { username } }
  }
`;

export const processed = graphql`
  subscription pagesProcessedSubscription($pin: ID!) { pinProcessed(pinId: $pin) { id status } }
`;
