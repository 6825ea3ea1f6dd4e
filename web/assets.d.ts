// What Vite imports besides scripts.
declare module '*.css'
declare module '*.svg' {
  const url: string
  export default url
}
declare module '*?sharedworker&url' {
  const url: string
  export default url
}
